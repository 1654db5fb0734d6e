"""A canvas to draw on: flat regions with rounded edges, brush strokes, the wobble of a hand.

Everything is drawn at twice the size and reduced at the end, which leaves the anti-aliased edges
of a drawing program's brush.
"""

import cv2
import numpy as np

OVER = 2  # supersampling


class Canvas:
    """A black canvas; colours are uint8 RGB, lengths px of one whose shorter side has 256 px.

    `width` and `height` are those it is drawn at, twice its own; masks are boolean [height, width].
    """

    def __init__(self, height: int, width: int, rng: np.random.Generator) -> None:
        """Start with an empty canvas of so many px; `rng` moves the hand."""
        self.rng = rng
        self.height, self.width = height * OVER, width * OVER
        self.scale = min(self.height, self.width) / 256
        self.pixels = np.zeros((self.height, self.width, 3), np.uint8)

    def regions(self, labels: np.ndarray, colours: np.ndarray, roundness: float) -> np.ndarray:
        """Fill flat regions: int labels [h, w] (-1: leave as it is), colours [K, 3].

        `roundness` is the blur, in px of `labels`, that rounds their edges. Returns where
        something was filled, a mask.
        """
        planes = [
            self._enlarge(cv2.GaussianBlur((labels == k).astype(np.float32), (0, 0), roundness))
            for k in range(-1, len(colours))
        ]
        winner = np.zeros((self.height, self.width), np.uint8)
        best = planes[0]
        for k, plane in enumerate(planes[1:], 1):
            ahead = plane > best
            winner[ahead] = k
            best = np.maximum(best, plane)
        filled = winner > 0
        table = np.vstack([np.zeros((1, 3), np.uint8), colours])
        self.pixels[filled] = table[winner[filled]]
        return filled

    def silhouette(self, mask: np.ndarray, roundness: float) -> np.ndarray:
        """A mask [h, w] at the canvas's resolution with rounded edges."""
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), roundness)
        return self._enlarge(soft) > 0.5

    def fill(self, where: np.ndarray, colour: np.ndarray) -> None:
        """Fill a mask with one colour."""
        self.pixels[where] = colour

    def outline(self, where: np.ndarray, colour: np.ndarray, width: float, gaps: float) -> None:
        """Stroke the contours of a mask.

        `gaps` is the chance that the pen is lifted once in a contour.
        """
        contours, _ = cv2.findContours(where.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for contour in contours:
            points = contour[:, 0].astype(np.float32)
            if len(points) < 8 * width * self.scale:
                continue
            for line in self._lift(_smooth(points, 2.5 * self.scale), gaps):
                for part in self._off_border(line, width):
                    self.stroke(part, colour, width)

    def stroke(self, points: np.ndarray, colour: np.ndarray, width: float) -> None:
        """One open brush stroke through points [N, 2] (x, y), in px of this canvas."""
        thickness = max(1, round(width * self.scale))
        line = np.rint(points).astype(np.int32)[None]
        cv2.polylines(self.pixels, line, False, [int(c) for c in colour], thickness)

    def disc(self, ellipse: tuple, colour: np.ndarray, width: float = 0) -> None:
        """A filled ellipse ((x, y), (w, h), degrees), or its contour `width` px thick."""
        thickness = max(1, round(width * self.scale)) if width else -1
        cv2.ellipse(self.pixels, ellipse, [int(c) for c in colour], thickness)

    def noise(self, cells: int) -> np.ndarray:
        """A smooth random field, float32 [height, width], about unit variance."""
        coarse = self.rng.standard_normal((cells, cells)).astype(np.float32)
        return self._enlarge(coarse)

    def scribble(self, where: np.ndarray, colour: np.ndarray, width: float) -> None:
        """Fill a mask with one zigzag of the brush, not all of it."""
        pitch = width * self.scale * self.rng.uniform(1.15, 1.9)
        angle = self.rng.uniform(0, np.pi)
        reach = max(self.height, self.width) * 0.75
        rows = np.arange(-reach, reach, pitch)
        ends = np.where(np.arange(len(rows)) % 2, reach, -reach)
        zigzag = np.stack([ends, rows], 1) + self.rng.normal(0, pitch / 5, (len(rows), 2))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = np.array([self.width / 2, self.height / 2])
        line = np.rint(zigzag @ turn.T + middle).astype(np.int32)[None]
        hatch = np.zeros((self.height, self.width), np.uint8)
        cv2.polylines(hatch, line, False, 1, max(1, round(width * self.scale)))
        self.pixels[where & (hatch > 0)] = colour

    def finish(self, wobble: float, blur: float = 0) -> np.ndarray:
        """The drawing, uint8 [H, W, 3] RGB: displaced by about `wobble` px, then blurred."""
        across = np.arange(self.width, dtype=np.float32)
        down = np.arange(self.height, dtype=np.float32)
        reach = np.float32(wobble * self.scale / 2)
        tremor = np.float32(min(wobble, 1.5) * self.scale / 6)
        dx = reach * self.noise(6) + tremor * self.noise(24)
        dy = reach * self.noise(6) + tremor * self.noise(24)
        moved = cv2.remap(
            self.pixels,
            across[None] + dx,
            down[:, None] + dy,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        own = (self.width // OVER, self.height // OVER)
        drawing = cv2.resize(moved, own, interpolation=cv2.INTER_AREA)
        return cv2.GaussianBlur(drawing, (0, 0), blur * min(own) / 256) if blur else drawing

    def _enlarge(self, plane: np.ndarray) -> np.ndarray:
        return cv2.resize(plane, (self.width, self.height), interpolation=cv2.INTER_CUBIC)

    def _off_border(self, line: np.ndarray, width: float) -> list[np.ndarray]:
        """A line without its runs along the canvas's border, where nobody draws."""
        near = 0.6 * width
        far = np.array([self.width, self.height]) - 1 - near
        drawn = ((line > near) & (line < far)).all(axis=1)
        if drawn.all():
            return [line]
        cuts = np.flatnonzero(np.diff(drawn.astype(np.int8))) + 1
        parts = zip(np.split(line, cuts), np.split(drawn, cuts), strict=True)
        return [part for part, visible in parts if visible[0] and len(part) > 1]

    def _lift(self, points: np.ndarray, gaps: float) -> list[np.ndarray]:
        """A closed contour as open lines, the pen lifted here and there."""
        closed = np.roll(points, self.rng.integers(len(points)), axis=0)
        closed = np.concatenate([closed, closed[:2]])
        lines = [closed]
        for _ in range(3):
            if self.rng.random() < gaps:
                line = lines.pop(0)
                start = int(len(line) * self.rng.uniform(0.2, 0.8))
                skip = int(len(closed) * self.rng.uniform(0.02, 0.10))
                lines += [line[:start], line[start + skip :]]
        return [line for line in lines if len(line) > 1]


def _smooth(points: np.ndarray, sigma: float) -> np.ndarray:
    """A closed contour [N, 2] smoothed along its length."""
    reach = min(int(3 * sigma), len(points) // 2)
    wrapped = np.concatenate([points[-reach:], points, points[:reach]]) if reach else points
    smooth = cv2.GaussianBlur(wrapped, (1, 2 * reach + 1), sigmaX=sigma, sigmaY=sigma)
    return smooth[reach : reach + len(points)]
