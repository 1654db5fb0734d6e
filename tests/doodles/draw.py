"""Draw the doodles again: `python -m tests.doodles.draw` writes the PNG files beside this one.

Each is made of brush strokes on an empty 256 px canvas by the unsteady hand that draws the flowers,
filled, outlined, inked or scribbled. None is traced from anything.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.drawings.draw import Hand

RED, ORANGE, YELLOW, LIME, GREEN, TEAL = "d7263d", "ff8f00", "f7d21e", "8bc34a", "2e7d32", "1eaaaa"
BLUE, SKY, VIOLET, PINK, WHITE, GREY = "3a5bd8", "82c8f0", "7d4fc4", "f48fb1", "f4f1ea", "9e9e9e"
DARK, BROWN, TAN, SKIN, GOLD = "45454d", "6b3e1f", "c8a06e", "ffcc99", "f2b705"

Part = tuple[str, str, list[tuple[float, float]]]  # How, in which colour, through which points.


def oval(x: float, y: float, a: float, b: float = 0, start: float = 0, end: float = 360) -> list:
    """Points of an ellipse about (x, y), or of a part of one, in degrees clockwise."""
    turns = np.radians(np.linspace(start, end, 60))
    return [(x + a * math.cos(t), y + (b or a) * math.sin(t)) for t in turns]


def box(left: float, top: float, right: float, bottom: float) -> list:
    """Points of a rectangle."""
    return path((left, top), (right, top), (right, bottom), (left, bottom), (left, top))


def path(*corners: tuple[float, float]) -> list:
    """Points of a line through corners."""
    line = []
    for (x, y), (to_x, to_y) in zip(corners, corners[1:], strict=False):
        count = max(2, int(math.hypot(to_x - x, to_y - y) / 3))
        line += [(x + (to_x - x) * t, y + (to_y - y) * t) for t in np.linspace(0, 1, count)]
    return line


def star(x: float, y: float, outer: float, inner: float) -> list:
    """Points of a star with five points, one up."""
    turns = [(outer if k % 2 == 0 else inner, k * math.pi / 5) for k in range(11)]
    return path(*[(x + r * math.sin(t), y - r * math.cos(t)) for r, t in turns])


def heart(x: float, y: float, half: float) -> list:
    """Points of a heart, `half` as wide to each side."""
    turns = np.linspace(0, math.tau, 80)
    heights = [sum(a * math.cos(n * t) for n, a in enumerate((13, -5, -2, -1), 1)) for t in turns]
    return [
        (x + half * math.sin(t) ** 3, y - half / 16 * h)
        for t, h in zip(turns, heights, strict=True)
    ]


def fill(color: str, points: list) -> Part:
    return "fill", color, points


def line(color: str, points: list) -> Part:
    return "line", color, points


def eyes(left: float, right: float, y: float, size: float = 6, color: str = DARK) -> list[Part]:
    return [fill(color, oval(left, y, size)), fill(color, oval(right, y, size))]


def wheels(*xs: float, y: float = 188, size: float = 22) -> list[Part]:
    return [
        part
        for x in xs
        for part in (fill(DARK, oval(x, y, size)), fill(GREY, oval(x, y, size * 0.45)))
    ]


def rays(x: float, y: float, inner: float, outer: float) -> list[Part]:
    turns = np.arange(8) * math.tau / 8
    ends = [[(x + r * math.cos(t), y + r * math.sin(t)) for r in (inner, outer)] for t in turns]
    return [line(ORANGE, path(*pair)) for pair in ends]


SMILE = line(BROWN, oval(128, 136, 34, 28, 20, 160))
FACE = [fill(YELLOW, oval(128, 128, 84)), *eyes(100, 156, 108, 11, BROWN)]

# name: (way, width of the pen, parts)
THINGS: dict[str, tuple[str, float, list[Part]]] = {
    "smile": ("filled", 9, [*FACE, SMILE]),
    "sad-outline": ("outline", 8, [*FACE, line(BROWN, oval(128, 178, 30, 22, 200, 340))]),
    "child": ("inked", 6, [ fill(BROWN, oval(128, 96, 76, 66)), fill(SKIN, oval(128, 122, 66, 70)),
        *eyes(104, 152, 116, 7), line(RED, oval(128, 146, 24, 16, 20, 160))]),
    "cat": ("filled", 7, [ fill(ORANGE, path((64, 50), (104, 88), (58, 118))),
        fill(ORANGE, path((192, 50), (152, 88), (198, 118))), fill(ORANGE, oval(128, 136, 76, 66)),
        *eyes(98, 158, 124, 9), fill(PINK, oval(128, 148, 8, 6)),
        line(WHITE, path((56, 142), (98, 150))), line(WHITE, path((158, 150), (200, 142)))]),
    "cat-outline": ("outline", 7, [ fill(GREY, path((64, 50), (104, 88), (58, 118))),
        fill(GREY, path((192, 50), (152, 88), (198, 118))), fill(GREY, oval(128, 136, 76, 66)),
        *eyes(98, 158, 124, 9), fill(PINK, oval(128, 148, 8, 6))]),
    "dog": ("filled", 7, [ fill(BROWN, oval(62, 128, 24, 56)), fill(BROWN, oval(194, 128, 24, 56)),
        fill(TAN, oval(128, 126, 66, 70)), *eyes(104, 152, 112, 8),
        fill(WHITE, oval(128, 158, 34, 28)), fill(DARK, oval(128, 144, 13, 9)),
        fill(RED, oval(128, 182, 10, 14))]),
    "pig": ("filled", 7, [ fill(PINK, oval(128, 132, 76, 68)),
        fill(PINK, path((70, 56), (108, 78), (72, 106))),
        fill(PINK, path((186, 56), (148, 78), (184, 106))), *eyes(98, 158, 112, 7),
        fill("e0609a", oval(128, 148, 30, 22)), fill(BROWN, oval(117, 148, 5, 8)),
        fill(BROWN, oval(139, 148, 5, 8))]),
    "fish": ("filled", 8, [ fill(SKY, oval(112, 128, 72, 46)),
        fill(BLUE, path((176, 128), (224, 88), (224, 168))),
        fill(BLUE, path((96, 90), (132, 56), (146, 94))), *eyes(74, 74, 118, 8),
        line(BLUE, oval(100, 128, 24, 34, -60, 60))]),
    "fish-scribbled": ("scribbled", 8, [ fill(ORANGE, oval(112, 128, 72, 46)),
        fill(RED, path((176, 128), (224, 88), (224, 168))), *eyes(74, 74, 118, 8)]),
    "bird": ("filled", 7, [ fill(RED, oval(122, 130, 58, 52)), fill(RED, oval(162, 86, 34)),
        fill(ORANGE, path((192, 80), (226, 92), (192, 100))),
        fill("8c1226", oval(108, 132, 36, 24)), *eyes(168, 168, 80, 6),
        line(ORANGE, path((112, 178), (112, 212))), line(ORANGE, path((136, 178), (136, 212)))]),
    "snail": ("filled", 8, [ fill(TAN, path((40, 196), (60, 168), (196, 172), (200, 110), (222,
            100), (226, 180), (206, 204), (40, 204))), fill(ORANGE, oval(112, 134, 58)),
        line(BROWN, oval(112, 134, 34, 34, 0, 300)), line(BROWN, oval(112, 134, 14, 14, 90, 330))]),
    "butterfly": ("filled", 7, [ fill(VIOLET, oval(84, 96, 48, 42)),
        fill(VIOLET, oval(172, 96, 48, 42)), fill(PINK, oval(92, 168, 38, 36)),
        fill(PINK, oval(164, 168, 38, 36)), fill(DARK, oval(128, 132, 9, 62)),
        fill(YELLOW, oval(84, 96, 16)), fill(YELLOW, oval(172, 96, 16))]),
    "apple": ("filled", 8, [ fill(RED, oval(102, 140, 54, 62)), fill(RED, oval(154, 140, 54, 62)),
        line(BROWN, path((128, 92), (138, 52))), fill(GREEN, oval(164, 62, 26, 13))]),
    "apple-outline": ("outline", 9, [fill(RED, oval(128, 140, 72, 66)),
        line(BROWN, path((128, 78), (138, 44))), fill(GREEN, oval(166, 56, 24, 12))]),
    "banana": ("filled", 8, [
        fill(YELLOW, [*oval(128, 84, 92, 104, 15, 165), *oval(128, 60, 86, 84, 160, 20)])]),
    "strawberry": ("filled", 6, [ fill(RED, path((62, 92), (128, 224), (194, 92), (160, 72), (96,
            72), (62, 92))), fill(GREEN, path((76, 84), (128, 44), (180, 84), (128, 100))), *[
        fill(YELLOW, oval(x, y, 4)) for x, y in ((100, 116), (128, 132), (156, 116), (116, 160),
            (142, 164), (128, 192))]]),
    "carrot": ("filled", 7, [
        fill(ORANGE, path((84, 92), (128, 232), (172, 92), (128, 76), (84, 92))),
        fill(GREEN, oval(104, 58, 12, 34)), fill(GREEN, oval(128, 48, 12, 40)),
        fill(GREEN, oval(152, 58, 12, 34))]),
    "pizza": ("filled", 7, [ fill(GOLD, path((128, 226), (46, 68), (210, 68))),
        fill(TAN, path((40, 72), (44, 50), (128, 36), (212, 50), (216, 72))),
        fill(RED, oval(104, 104, 15)), fill(RED, oval(152, 110, 15)),
        fill(RED, oval(128, 160, 14))]),
    "cake": ("filled", 6, [ fill(TAN, box(58, 128, 198, 206)), fill(PINK, box(58, 104, 198, 142)),
        line(WHITE, path((128, 104), (128, 66))), fill(ORANGE, oval(128, 54, 8, 13))]),
    "mug": ("filled", 9, [fill(TEAL, box(70, 84, 164, 204)),
        line(TEAL, oval(166, 140, 34, 36, -90, 90)), fill(BROWN, oval(117, 86, 46, 13))]),
    "mug-outline": ("outline", 8, [fill(BLUE, box(70, 84, 164, 204)),
        line(BLUE, oval(166, 140, 34, 36, -90, 90))]),
    "ice-cream": ("inked", 6, [fill(TAN, path((84, 124), (128, 234), (172, 124))),
        fill(PINK, oval(128, 92, 56, 50)), fill(RED, oval(128, 36, 13))]),
    "car": ("filled", 7, [ fill(RED, box(34, 122, 222, 184)),
        fill(RED, path((72, 124), (96, 78), (164, 78), (192, 124))),
        fill(SKY, path((88, 120), (104, 90), (126, 90), (126, 120))),
        fill(SKY, path((136, 120), (136, 90), (158, 90), (176, 120))), *wheels(80, 176)]),
    "car-outline": ("outline", 7, [ fill(BLUE, path((34, 184), (34, 126), (72, 122), (96, 78),
            (164, 78), (192, 122), (222, 128), (222, 184), (34, 184))), *wheels(80, 176)]),
    "bus": ("filled", 7, [ fill(YELLOW, box(28, 76, 228, 186)), *[
        fill(SKY, box(x, 92, x + 34, 128)) for x in (42, 86, 130, 174)], *wheels(76, 180)]),
    "boat": ("filled", 7, [ fill(BROWN, path((40, 168), (216, 168), (184, 212), (72, 212))),
        line(TAN, path((124, 168), (124, 44))),
        fill(WHITE, path((134, 52), (206, 152), (134, 152))),
        fill(RED, path((114, 68), (114, 152), (58, 152)))]),
    "rocket": ("filled", 7, [ fill(WHITE, [*oval(128, 124, 40, 88, 180, 360), (168, 178), (88,
            178)]), fill(RED, path((92, 74), (128, 28), (164, 74))), fill(SKY, oval(128, 112, 18)),
        fill(RED, path((88, 140), (56, 196), (90, 178))),
        fill(RED, path((168, 140), (200, 196), (166, 178))), fill(ORANGE, oval(128, 206, 18, 28))]),
    "house": ("filled", 7, [ fill("e8c890", box(66, 118, 190, 214)),
        fill(RED, path((48, 120), (128, 48), (208, 120))), fill(BROWN, box(112, 158, 146, 214)),
        fill(SKY, box(78, 134, 104, 158)), fill(SKY, box(154, 134, 180, 158))]),
    "house-scribbled": ("scribbled", 9, [fill(ORANGE, box(66, 118, 190, 214)),
        fill(BLUE, path((48, 120), (128, 48), (208, 120)))]),
    "castle": ("filled", 6, [ fill(GREY, box(52, 88, 92, 210)), fill(GREY, box(164, 88, 204, 210)),
        fill("b4b4bc", box(84, 124, 172, 210)), fill(BLUE, path((46, 90), (72, 42), (98, 90))),
        fill(BLUE, path((158, 90), (184, 42), (210, 90))),
        fill(BROWN, [*oval(128, 186, 20, 26, 180, 360), (148, 210), (108, 210)])]),
    "shirt": ("filled", 8, [
        fill(GREEN, path((88, 56), (168, 56), (226, 104), (200, 134), (176, 116), (176, 214), (80,
            214), (80, 116), (56, 134), (30, 104)))]),
    "dress-outline": ("outline", 8, [
        fill(PINK, path((104, 44), (152, 44), (158, 112), (204, 214), (52, 214), (98, 112), (104,
            44)))]),
    "shoe": ("inked", 7, [
        fill(BLUE, path((52, 92), (104, 92), (124, 136), (206, 158), (210, 190), (50, 190), (52,
            92))), fill(WHITE, box(48, 186, 212, 204))]),
    "tree": ("filled", 8, [fill(BROWN, box(112, 152, 144, 226)),
        fill(GREEN, oval(128, 104, 72, 66))]),
    "fir": ("filled", 8, [fill(BROWN, box(116, 196, 140, 228)), *[
        fill(GREEN, path((128, top), (128 - half, top + 76), (128 + half, top + 76))) for top,
            half in ((36, 44), (80, 58), (124, 72))]]),
    "mushroom": ("filled", 7, [fill(WHITE, box(104, 136, 152, 214)),
        fill(RED, [*oval(128, 138, 84, 84, 180, 360)]), fill(WHITE, oval(92, 106, 13)),
        fill(WHITE, oval(136, 84, 14)), fill(WHITE, oval(172, 116, 11))]),
    "cactus": ("filled", 8, [fill(GREEN, oval(128, 130, 28, 92)),
        line(GREEN, path((102, 150), (68, 150), (68, 106))),
        line(GREEN, path((154, 130), (188, 130), (188, 92)))]),
    "hammer": ("filled", 8, [fill(TAN, box(118, 92, 140, 230)), fill(GREY, box(72, 52, 188, 98))]),
    "umbrella": ("filled", 8, [fill(VIOLET, oval(128, 126, 92, 84, 180, 360)),
        line(BROWN, [*path((128, 126), (128, 204)), *oval(112, 204, 16, 18, 0, 170)])]),
    "cloud": ("filled", 8, [fill(WHITE, oval(86, 140, 42, 36)), fill(WHITE, oval(132, 116, 54, 52)),
        fill(WHITE, oval(178, 142, 38, 34)), fill(WHITE, box(84, 142, 178, 176))]),
    "sun": ("filled", 9, [fill(YELLOW, oval(128, 128, 52)), *rays(128, 128, 66, 94)]),
    "star-outline": ("outline", 9, [fill(GOLD, star(128, 132, 88, 38))]),
    "heart": ("filled", 8, [fill(RED, heart(128, 122, 84))]),
    "gift": ("filled", 7, [fill(BLUE, box(60, 104, 196, 212)), fill(RED, box(118, 104, 138, 212)),
        line(RED, oval(104, 84, 24, 18)), line(RED, oval(152, 84, 24, 18))]),
    "guitar": ("filled", 7, [fill(ORANGE, oval(104, 176, 52, 46)),
        fill(ORANGE, oval(122, 130, 38, 34)), line(BROWN, path((128, 128), (204, 36))),
        fill(DARK, oval(112, 156, 14))]),
}  # fmt: skip


def draw(name: str) -> Hand:
    """Draw one of the things, parts in order."""
    way, pen, parts = THINGS[name]
    hand = Hand(sum(map(ord, name)), 1.6)
    for how, color, points in parts:
        shape = np.array(points, float)
        if how == "line" or way == "outline":
            closed = how == "fill" and np.hypot(*(shape[0] - shape[-1])) > 4
            hand.stroke(_closed(points) if closed else shape, pen, color)
            continue
        if way == "scribbled" and np.ptp(shape, axis=0).min() > 30:
            hand.scribble(shape, pen, color)
        else:
            hand.fill(shape, color)
        if way == "inked":
            hand.stroke(_closed(points), pen, DARK)
    return hand


def _closed(points: list) -> np.ndarray:
    return np.array(path(*points, points[0]))


def drawings() -> Iterator[tuple[str, Hand]]:
    """All of them by name."""
    return ((name, draw(name)) for name in THINGS)


def main() -> None:
    """Draw all."""
    for name, hand in drawings():
        hand.save(Path(__file__).parent / f"{name}.png")


if __name__ == "__main__":
    main()
