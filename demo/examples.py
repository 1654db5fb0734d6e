"""Draw the example doodles: `python -m demo.examples` writes `models/flowers/examples/` again.

Each is made of the strokes and dots that a hand would make with the sketchpad's own brushes.
"""

import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

EXAMPLES = Path(__file__).parent / "models" / "flowers" / "examples"
SIZE = 256
_SCALE = 4  # Drawn larger and made smaller, for smooth edges.

BACKGROUND, LEAF, CENTRE, BROWN = "#000000", "#2e7d32", "#f2b705", "#6b3e1f"
PINK, RED, WHITE, VIOLET, ORANGE = "#e0399a", "#d7263d", "#f4f1ea", "#7d4fc4", "#ff8f00"

Point = tuple[float, float]


class Doodle:
    """A sheet of 256 x 256 pixels, and a pen."""

    def __init__(self) -> None:
        self._image = Image.new("RGB", (SIZE * _SCALE, SIZE * _SCALE), BACKGROUND)
        self._draw = ImageDraw.Draw(self._image)

    def dot(self, at: Point, radius: float, color: str) -> None:
        """Fill a circle."""
        x, y, r = at[0] * _SCALE, at[1] * _SCALE, radius * _SCALE
        self._draw.ellipse((x - r, y - r, x + r, y + r), color)

    def stroke(self, points: list[Point], width: float, color: str) -> None:
        """Draw a line with round ends and corners through `points`."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, color, round(width * _SCALE))
        for point in points:
            self.dot(point, width / 2, color)

    def petal(self, root: Point, angle: float, length: float, width: float, color: str) -> None:
        """Fill a leaf-shaped petal that grows from `root` at `angle` (radians, 0 is right)."""
        side = angle + math.pi / 2
        edge = []
        for step in range(41):
            along = length * (1 - abs(step - 20) / 20)
            bulge = width / 2 * math.sin(math.pi * along / length) ** 0.7 if along else 0.0
            across = bulge if step < 20 else -bulge
            x = root[0] + along * math.cos(angle) + across * math.cos(side)
            y = root[1] + along * math.sin(angle) + across * math.sin(side)
            edge.append((x * _SCALE, y * _SCALE))
        self._draw.polygon(edge, color)

    def save(self, path: Path) -> None:
        """Write a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet = self._image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        sheet.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)


def daisy() -> Doodle:
    """White petals around a yellow centre, on a stem."""
    sheet = Doodle()
    sheet.stroke([(130, 128), (134, 190), (128, 256)], 9, LEAF)
    sheet.petal((132, 215), -0.5, 62, 26, LEAF)
    for index in range(13):
        sheet.petal((128, 110), math.tau * index / 13, 84, 30, WHITE)
    sheet.dot((128, 110), 24, CENTRE)
    return sheet


def cosmos() -> Doodle:
    """Eight broad pink petals that fill the sheet."""
    sheet = Doodle()
    for index in range(8):
        sheet.petal((128, 128), math.tau * (index + 0.3) / 8, 118, 74, PINK)
    sheet.dot((128, 128), 20, CENTRE)
    return sheet


def poppy() -> Doodle:
    """A red bowl of four petals with a dark heart."""
    sheet = Doodle()
    sheet.stroke([(128, 150), (120, 210), (126, 256)], 8, LEAF)
    for at in ((88, 98), (168, 98), (104, 140), (152, 140)):
        sheet.dot(at, 52, RED)
    sheet.dot((128, 116), 18, BROWN)
    return sheet


def sunflower() -> Doodle:
    """Many yellow petals around a large brown disc, among leaves."""
    sheet = Doodle()
    for angle in (0.6, 2.4, 3.6, 5.6):
        sheet.petal((128, 128), angle, 128, 52, LEAF)
    for index in range(20):
        sheet.petal((128, 124), math.tau * index / 20, 100, 30, CENTRE)
    sheet.dot((128, 124), 42, BROWN)
    return sheet


def crocus() -> Doodle:
    """A violet cup seen from the side, with an orange stigma and blades of leaves."""
    sheet = Doodle()
    for points in ([(128, 250), (96, 180), (60, 130)], [(128, 250), (164, 186), (200, 140)]):
        sheet.stroke([*points], 11, LEAF)
    for angle, width in ((-2.1, 54), (-1.05, 54), (-1.57, 70)):
        sheet.petal((128, 190), angle, 142, width, VIOLET)
    sheet.stroke([(128, 150), (128, 108)], 10, ORANGE)
    return sheet


def outline() -> Doodle:
    """Five petals drawn as contours, not filled."""
    sheet = Doodle()
    for index in range(5):
        angle = math.tau * index / 5 - math.pi / 2
        x, y = 128 + 58 * math.cos(angle), 122 + 58 * math.sin(angle)
        ring = [math.tau * step / 48 for step in range(49)]
        sheet.stroke([(x + 42 * math.cos(a), y + 42 * math.sin(a)) for a in ring], 6, ORANGE)
    sheet.dot((128, 122), 16, CENTRE)
    return sheet


DOODLES: tuple[Callable[[], Doodle], ...] = (daisy, cosmos, poppy, sunflower, crocus, outline)

if __name__ == "__main__":
    for number, doodle in enumerate(DOODLES, 1):
        path = EXAMPLES / f"{number}-{doodle.__name__}.png"
        doodle().save(path)
        print(f"{path.name}: {path.stat().st_size} bytes")
