// The sizes that a bundle has files of, and the shapes of canvas that they make.

// Width and height of what a card is about: its `size` is a square's side, or a text such as "768x320".
export function sidesOf({ size }) {
    const [width, height = width] = String(size).split("x").map(Number);
    return [width, height];
}

// The shapes that a card has files for, its own first: of each a list of cards, as they would be were that
// size all there is, from the smallest to the largest.
export function shapesOf(card) {
    const shapes = new Map();
    for (const part of [card, ...(card.sizes ?? [])]) {
        const [width, height] = sidesOf(part);
        const shape = (width / height).toFixed(2); // A pixel more or less is no other shape.
        shapes.set(shape, [...(shapes.get(shape) ?? []), { ...card, check: null, ...part }]);
    }
    return [...shapes.values()].map((cards) => cards.sort((one, other) => sidesOf(one)[0] - sidesOf(other)[0]));
}

// "square", "wide" or "tall".
export function nameOf([card]) {
    const [width, height] = sidesOf(card);
    return width === height ? "square" : width > height ? "wide" : "tall";
}

// Of some shapes the one that is most like the window.
export function likeWindow(shapes) {
    const unlike = ([card]) => {
        const [width, height] = sidesOf(card);
        return Math.abs(Math.log(width / height * innerHeight / innerWidth));
    };
    return shapes.toSorted((one, other) => unlike(one) - unlike(other))[0];
}
