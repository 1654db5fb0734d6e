"""Draw the drawings again: `python -m tests.drawings.draw` writes the PNG files beside this one.

Each is made of brush strokes on an empty 256 px canvas by an unsteady hand: petals filled,
outlined, inked or scribbled; careful and childish; whole plants, single heads and bunches. No
training set contains them: what a model makes of them is what people will see.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

SIZE = 256
OVER = 4  # Drawn larger and made smaller, for smooth edges.

PINK, WHITE, YELLOW, RED, VIOLET = "e0399a", "f4f1ea", "f7d21e", "d7263d", "7d4fc4"
GOLD, BROWN, GREEN, ORANGE, BLUE, ROSE = "f2b705", "6b3e1f", "2e7d32", "ff8f00", "4a63d8", "f4a6c0"
LIME, PLUM, CREAM, DARK = "8bc34a", "6a1b4d", "fff0b3", "2a1508"


class Hand:
    """A brush in an unsteady hand; `tremor` is how far it strays, in px of the canvas."""

    def __init__(self, seed: int, tremor: float, canvas: tuple[int, int] = (SIZE, SIZE)) -> None:
        self.rng = np.random.default_rng(seed)
        self.tremor = tremor
        self.canvas = canvas  # Width and height.
        self.pixels = np.zeros((canvas[1] * OVER, canvas[0] * OVER, 3), np.uint8)

    def wobble(self, line: np.ndarray) -> np.ndarray:
        """A line [N, 2] as this hand would follow it."""
        noise = self.rng.normal(size=(len(line) + 32, 2))
        noise = sum(cv2.GaussianBlur(noise, (1, 33), sigmaX=s, sigmaY=s) * s for s in (3, 8))
        return line + self.tremor * noise[16:-16] / (noise.std() + 1e-6)

    def stroke(self, line: np.ndarray, width: float, color: str) -> None:
        """One stroke of the brush through points [N, 2] (x, y)."""
        points = np.rint(self.wobble(line) * OVER).astype(np.int32)
        cv2.polylines(self.pixels, [points], False, _rgb(color), round(width * OVER), cv2.LINE_AA)
        for end in (points[0], points[-1]):
            cv2.circle(self.pixels, end.tolist(), round(width * OVER / 2), _rgb(color), -1)

    def fill(self, shape: np.ndarray, color: str) -> None:
        """Fill a closed shape [N, 2]."""
        points = np.rint(self.wobble(shape) * OVER).astype(np.int32)
        cv2.fillPoly(self.pixels, [points], _rgb(color), cv2.LINE_AA)

    def scribble(self, shape: np.ndarray, width: float, color: str) -> None:
        """Fill a closed shape with strokes to and fro, which leave gaps."""
        centre, (axis, *_) = shape.mean(0), np.linalg.svd(shape - shape.mean(0))[2]
        along = (shape - centre) @ axis
        across = (shape - centre) @ np.array([-axis[1], axis[0]])
        turns = []
        for number, at in enumerate(np.arange(along.min(), along.max(), width * 1.15)):
            near = across[np.abs(along - at) < width]
            if len(near):
                low, high = near.min() * 0.85, near.max() * 0.85
                turns.append((at, low if number % 2 else high))
        corners = np.array(turns) @ np.array([axis, [-axis[1], axis[0]]]) + centre
        if len(corners) > 1:
            self.stroke(_dense(corners), width, color)

    def save(self, path: Path) -> None:
        """Write a PNG of the canvas's size."""
        small = cv2.resize(self.pixels, self.canvas, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(path), small[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


@dataclass(frozen=True)
class Flower:
    """One flower seen from the front; lengths in px, angles in radians."""

    petal: str
    count: int = 6
    length: float = 70
    width: float = 44
    tip: float = 0.5  # 0 is widest at the root, 1 at the tip
    pointed: bool = False
    way: str = "filled"  # filled, outline, inked, scribbled, lines
    pen: float = 6
    ink: str = DARK
    centre: str = GOLD
    heart: float = 16  # radius of the centre; 0: none
    ring: bool = False  # the centre as a ring
    at: tuple[float, float] = (128, 122)
    turn: float = 0.3
    uneven: float = 0.12
    second: str = ""  # a second, shorter row of petals
    stem: str = ""
    leaves: int = 0

    def draw(self, hand: Hand) -> None:
        """Stem first, petals over it, the centre last, as people do."""
        if self.stem:
            self._stem(hand)
        self._row(hand, self.petal, 1.0, self.turn)
        if self.second:
            self._row(hand, self.second, 0.6, self.turn + math.pi / self.count)
        if self.heart:
            disc = ellipse(self.at, self.heart, self.heart * hand.rng.uniform(0.85, 1.1))
            if self.ring:
                hand.stroke(disc, self.pen, self.centre)
            else:
                hand.fill(disc, self.centre)

    def _row(self, hand: Hand, color: str, scale: float, turn: float) -> None:
        for index in range(self.count):
            angle = turn + math.tau * index / self.count + hand.rng.normal(0, self.uneven / 2)
            length = self.length * scale * (1 + hand.rng.normal(0, self.uneven))
            shape = petal(self.at, angle, length, self.width * scale, self.tip, self.pointed)
            if self.way == "lines":
                hand.stroke(shape[: len(shape) // 2], self.pen, color)
                continue
            if self.way in ("filled", "inked"):
                hand.fill(shape, color)
            elif self.way == "scribbled":
                hand.scribble(shape, self.pen, color)
            if self.way in ("outline", "inked"):
                hand.stroke(shape, self.pen, self.ink if self.way == "inked" else color)

    def _stem(self, hand: Hand) -> None:
        x, y = self.at
        foot = x + hand.rng.uniform(-30, 30)
        ground = hand.canvas[1] + 2
        middle = (x + foot) / 2 + hand.rng.uniform(-16, 16)
        bend = np.array([(x, y), (middle, ground - 58), (foot, ground)])
        line = _curve(bend)
        hand.stroke(line, hand.rng.uniform(6, 11), self.stem)
        for index in range(self.leaves):
            root = line[int(len(line) * (0.6 + 0.12 * index))]
            side = -0.6 if index % 2 else math.pi + 0.6
            leaf = petal(tuple(root), side, 52, 24, 0.45, True)
            outlined = self.way == "outline"
            hand.stroke(leaf, self.pen, self.stem) if outlined else hand.fill(leaf, self.stem)


def petal(
    root: tuple[float, float], angle: float, length: float, width: float, tip: float, pointed: bool
) -> np.ndarray:
    """The closed contour [N, 2] of a petal that grows from `root`."""
    along = np.concatenate([np.linspace(0, 1, 40), np.linspace(1, 0, 40)])
    power = math.log(0.5) / math.log(np.clip(0.3 + 0.45 * tip, 0.2, 0.8))
    bulge = np.sin(math.pi * along**power) ** (1.1 if pointed else 0.6)
    across = bulge * width / 2 * np.repeat([1, -1], 40)
    heading = np.array([math.cos(angle), math.sin(angle)])
    return (
        np.array(root)
        + np.outer(along * length, heading)
        + np.outer(across, heading[::-1] * (-1, 1))
    )


def ellipse(at: tuple[float, float], rx: float, ry: float) -> np.ndarray:
    """A closed ellipse [N, 2]."""
    angles = np.linspace(0, math.tau, 60)
    return np.array(at) + np.stack([rx * np.cos(angles), ry * np.sin(angles)], 1)


def _curve(corners: np.ndarray) -> np.ndarray:
    """A quadratic Bezier curve [N, 2] through three control points."""
    t = np.linspace(0, 1, 60)[:, None]
    return (1 - t) ** 2 * corners[0] + 2 * t * (1 - t) * corners[1] + t**2 * corners[2]


def _dense(corners: np.ndarray) -> np.ndarray:
    steps = np.linspace(0, len(corners) - 1, 12 * len(corners))
    return np.stack([np.interp(steps, range(len(corners)), axis) for axis in corners.T], 1)


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color)
    return red, green, blue


def tulip(hand: Hand, color: str, filled: bool) -> None:
    """A cup seen from the side, on a stem with two long leaves."""
    hand.stroke(_curve(np.array([(128, 130), (134, 200), (126, 258)])), 9, GREEN)
    for side in (-1, 1):
        blade = np.array([(128, 250), (128 + side * 46, 200), (128 + side * 50, 130)])
        hand.stroke(_curve(blade), 12 if filled else 6, GREEN)
    for angle, width in ((-2.0, 50), (-1.14, 50), (-1.57, 62)):
        shape = petal((128, 150), angle, 118, width, 0.4, True)
        hand.fill(shape, color) if filled else hand.stroke(shape, 6, color)


def rose(hand: Hand, color: str, filled: bool) -> None:
    """A spiral, upon a disc or not."""
    hand.stroke(_curve(np.array([(128, 110), (118, 190), (132, 258)])), 9, GREEN)
    if filled:
        hand.fill(ellipse((128, 104), 66, 62), color)
    turns = np.linspace(1, 3.2 * math.tau, 240)
    radius = 64 * turns / turns.max()
    spiral = np.stack([128 + radius * np.cos(turns), 104 + radius * np.sin(turns)], 1)
    hand.stroke(spiral, 5, PLUM if filled else color)


def spike(hand: Hand, color: str) -> None:
    """Dabs of the brush along a stem, as lavender or hyacinth."""
    hand.stroke(_curve(np.array([(128, 40), (124, 150), (130, 258)])), 7, GREEN)
    for y in range(36, 170, 15):
        for side in (-1, 0, 1):
            reach = side * (10 + y * 0.12) + hand.rng.normal(0, 3)
            hand.fill(ellipse((127 + reach, y + hand.rng.normal(0, 3)), 11, 9), color)


def bell(hand: Hand, color: str) -> None:
    """Three bells that hang from a bent stem."""
    hand.stroke(_curve(np.array([(60, 258), (70, 40), (210, 60)])), 7, GREEN)
    for x, y in ((112, 84), (158, 70), (204, 66)):
        for angle in (1.1, 1.57, 2.05):
            hand.fill(petal((x, y), angle, 62, 26, 0.7, True), color)


def bunch(hand: Hand, colors: tuple[str, ...], way: str, leaves: int = 0) -> None:
    """Small flowers side by side, each on its stem."""
    places = ((70, 92), (182, 80), (128, 150))
    for place, color in zip(places, colors, strict=False):
        Flower(
            color, 6, 44, 28, way=way, pen=5, at=place, heart=10, stem=GREEN, leaves=leaves
        ).draw(hand)


def meadow(hand: Hand, color: str) -> None:
    """Green strokes at the foot, a flower above them."""
    for x in range(8, 256, 18):
        tip = (x + hand.rng.normal(0, 12), hand.rng.uniform(150, 205))
        hand.stroke(np.linspace((x, 258), tip, 20), 9, GREEN if x % 4 else LIME)
    Flower(color, 9, 62, 30, heart=18, at=(128, 96), stem=GREEN).draw(hand)


Drawer = Callable[[Hand], None]
DAISY = Flower(WHITE, 13, 78, 24, heart=22, stem=GREEN, leaves=1)
FIVE = Flower(PINK, 5, 84, 70, 0.7, heart=14)
MANY = Flower(YELLOW, 18, 92, 26, 0.5, True, centre=BROWN, heart=40)

DRAWINGS: dict[str, Drawer] = {
    "daisy": DAISY.draw,
    "daisy-outline": replace(DAISY, way="outline", pen=5, leaves=2, count=9, width=34).draw,
    "daisy-head": replace(DAISY, stem="", length=108, width=34, heart=30, at=(128, 128)).draw,
    "daisy-lines": replace(DAISY, way="lines", pen=9, count=16, centre=YELLOW).draw,
    "cosmos": Flower(PINK, 8, 108, 66, 0.8, heart=18, at=(128, 128)).draw,
    "five-outline": replace(FIVE, way="outline").draw,
    "five-outline-stem": replace(FIVE, way="outline", stem=GREEN, petal=ORANGE, leaves=2).draw,
    "five-inked": replace(FIVE, way="inked", petal=ROSE, pen=5, ink=PLUM).draw,
    "five-scribbled": replace(FIVE, way="scribbled", petal=RED, pen=8, stem=GREEN).draw,
    "five-plain": replace(FIVE, heart=0, petal=VIOLET).draw,
    "sunflower": replace(MANY, stem=GREEN, leaves=2, length=80, heart=34).draw,
    "sunflower-head": replace(MANY, second=GOLD, at=(128, 128), length=112).draw,
    "sunflower-outline": replace(MANY, way="outline", pen=4, count=14, width=32, ring=True).draw,
    "poppy": Flower(RED, 4, 88, 104, 0.8, centre=DARK, heart=20, stem=GREEN).draw,
    "poppy-scribbled": Flower(RED, 4, 84, 92, 0.8, way="scribbled", pen=10, centre=DARK).draw,
    "lily": Flower(ORANGE, 6, 110, 40, 0.4, True, centre=BROWN, heart=10, at=(128, 128)).draw,
    "lily-outline": Flower(WHITE, 6, 104, 42, 0.4, True, "outline", 5, centre=LIME).draw,
    "violet": Flower(VIOLET, 5, 66, 60, 0.8, centre=YELLOW, heart=12, stem=GREEN, leaves=2).draw,
    "forget-me-not": Flower(BLUE, 5, 56, 54, 0.8, centre=YELLOW, heart=13, at=(118, 110)).draw,
    "blue-scribbled": Flower(BLUE, 7, 86, 44, way="scribbled", pen=7, heart=20, ring=True).draw,
    "dahlia": Flower(PLUM, 12, 96, 36, 0.5, True, second=PINK, heart=18, at=(128, 128)).draw,
    "marigold": Flower(ORANGE, 15, 74, 30, 0.8, second=GOLD, centre=BROWN, stem=GREEN).draw,
    "buttercup-corner": Flower(YELLOW, 5, 54, 52, 0.8, at=(80, 84), heart=12, stem=GREEN).draw,
    "cream-inked": Flower(CREAM, 6, 90, 56, 0.7, way="inked", pen=4, ink=BROWN, heart=20).draw,
    "child-outline": Flower(
        RED, 6, 74, 58, 0.7, way="outline", pen=10, heart=22, ring=True, uneven=0.22, stem=GREEN
    ).draw,
    "child-filled": Flower(PINK, 6, 66, 52, 0.9, uneven=0.3, heart=24, stem=LIME, leaves=2).draw,
    "child-blobs": Flower(VIOLET, 7, 58, 50, 1.0, uneven=0.25, centre=ORANGE, heart=28).draw,
    "tulip": lambda hand: tulip(hand, RED, True),
    "tulip-outline": lambda hand: tulip(hand, YELLOW, False),
    "rose": lambda hand: rose(hand, RED, True),
    "rose-outline": lambda hand: rose(hand, ROSE, False),
    "lavender": lambda hand: spike(hand, VIOLET),
    "bluebell": lambda hand: bell(hand, BLUE),
    "bunch": lambda hand: bunch(hand, (RED, YELLOW, WHITE), "filled"),
    "bunch-outline": lambda hand: bunch(hand, (PINK, VIOLET), "outline", 1),
    "meadow": lambda hand: meadow(hand, WHITE),
}


def drawings() -> Iterator[tuple[str, Hand]]:
    """Every drawing by name, the canvas as its hand left it."""
    for number, (name, draw) in enumerate(DRAWINGS.items()):
        # From a steady hand to a child's.
        childish = name.startswith("child")
        hand = Hand(number, 3.5 if childish else 0.6 + number % 3 * 0.6)
        draw(hand)
        yield name, hand


if __name__ == "__main__":
    for name, hand in drawings():
        hand.save(Path(__file__).parent / f"{name}.png")
