"""Draw one sketch: background, filled regions, lines and centres, as a person would."""

import cv2
import numpy as np

from training.prepare.sketches.canvas import Canvas
from training.prepare.sketches.colours import (
    ALL_PENS,
    GREEN_PENS,
    PENS,
    brighten,
    flatten,
    nearest_pens,
    to_lab,
    typical,
    visible,
)
from training.prepare.sketches.scene import WORK, Scene, clean_mask, creases, drop_specks, filled

SQUARE_3, SQUARE_5, SQUARE_7 = (np.ones((n, n), np.uint8) for n in (3, 5, 7))


class Drawing:
    """One drawing of one photo under way: what is seen, the canvas, the choice of pens."""

    def __init__(self, scene: Scene, rng: np.random.Generator) -> None:
        """Choose pens for a scene; the canvas, of the size of its photo, is still empty."""
        self.rng = rng
        self.scene = scene
        height, width = scene.photo.shape[:2]
        self.canvas = Canvas(height, width, rng)
        # From a careful hand to a child's: how far shapes are rounded, in px of the scene.
        self.roundness = float(rng.choice([0.9, 1.4, 2.0, 3.0], p=[0.3, 0.35, 0.25, 0.1]))
        # How much brighter than the thing its pens are: petals glow, and a grey coat is grey.
        self.amount = rng.uniform(0.15, 1) * scene.plants
        self.snap = rng.random() < 0.35
        self.inner = 2 if scene.plants else 4  # Regions of a thing that get a contour of their own.
        soft = cv2.GaussianBlur(self.scene.thing.astype(np.float32), (0, 0), self.roundness) > 0.5
        self.thing = soft if soft.mean() > 0.02 else self.scene.thing
        self.creases = creases(self.scene.image, self.thing)
        stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 3, 1.0)
        flat = cv2.pyrMeanShiftFiltering(self.scene.image, 4, 16, None, 1, stop)
        self.labels, self.colours = flatten(
            flat, self.thing, int(rng.integers(3, 7)), lit=scene.plants
        )
        # "The colour of the thing" is its largest region's, or what all of it comes to.
        overall = typical(flat[self.thing], lit=scene.plants)
        self.main = self.pens((self.colours[0] if rng.random() < 0.7 else overall)[None])[0]

    def pens(self, colours: np.ndarray, among: np.ndarray = PENS) -> np.ndarray:
        """Colours [K, 3] as this drawing's pens give them."""
        pushed = brighten(colours, self.amount)
        if self.scene.plants:
            return nearest_pens(pushed, among) if self.snap else pushed
        return visible(nearest_pens(pushed, ALL_PENS, shade=1.0) if self.snap else pushed)

    def background(self, dropped: float, everything: float) -> None:
        """Leave the canvas black, or lay down flat greens or all of the surroundings."""
        draw = self.rng.random()
        greens_only = draw >= dropped + everything
        if self.scene.alone or (greens_only and not self.scene.plants):
            return
        if draw < dropped:
            if self.rng.random() < 0.35:
                self.stem()
            return
        around = ~self.thing
        if self.rng.random() < 0.5:  # paint under the edge of the thing: no gap
            around |= cv2.erode(self.thing.astype(np.uint8), SQUARE_7) == 0
        if greens_only:
            around &= clean_mask(self.scene.green, 0.02)
            if self.rng.random() < 0.4:
                around &= ~self.holes(0.4)
        count = int(self.rng.integers(1, 4) if greens_only else self.rng.integers(2, 5))
        behind = cv2.GaussianBlur(self.scene.image, (0, 0), 3)
        labels, colours = flatten(behind, around, count, lit=self.scene.plants)
        if len(colours):
            # Paler than the thing's: what is behind is painted with less care.
            pens = brighten(colours, self.amount * 0.5)
            pens = nearest_pens(pens, GREEN_PENS) if self.snap and greens_only else pens
            self.canvas.regions(labels, pens, self.rng.uniform(2, 4))

    def stem(self) -> None:
        """A green stroke from the flower down, with a leaf or two, where the photo is green."""
        if self.scene.green.mean() < 0.05:
            return
        rng, width, height = self.rng, self.canvas.width, self.canvas.height
        side = min(width, height)
        shade = self.pens(typical(self.scene.image[self.scene.green])[None], GREEN_PENS)[0]
        rows, columns = np.nonzero(self.thing)
        unit = side / WORK
        start = np.array([columns.mean(), rows.mean()]) * unit
        end = np.array([np.clip(start[0] + rng.normal(0, 0.18) * side, 0, width), height])
        bend = (start + end) / 2 + rng.normal(0, 0.06, 2) * side
        t = np.linspace(0, 1, 40)[:, None]
        line = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        brush = rng.uniform(4, 11)
        self.canvas.stroke(line, shade, brush)
        for _ in range(rng.integers(0, 4)):
            x, y = line[rng.integers(20, 40)]
            lean = rng.choice([-1, 1]) * rng.uniform(20, 60)
            length = rng.uniform(0.10, 0.22) * side
            away = np.array([np.sin(np.radians(lean)), -np.cos(np.radians(lean))]) * length / 2
            leaf = ((x + away[0], y + away[1]), (length * rng.uniform(0.3, 0.5), length), lean)
            self.canvas.disc(leaf, shade, 0 if rng.random() < 0.75 else brush / 2)
        # The stem begins where the flower ends, seen through an outline or not.
        self.canvas.fill(self.canvas.silhouette(self.thing, self.roundness), np.zeros(3))

    def flat_regions(self) -> None:
        """The thing in the few flat colours found on it, small specks left out."""
        labels = self.labels
        for kind in range(1, len(self.colours)):
            kept = drop_specks(labels == kind, 0.003)
            labels = np.where((labels == kind) & ~kept, 0, labels)
        if self.rng.random() < 0.2:
            labels = np.where(self.holes(0.3), -1, labels)
        self.canvas.regions(labels, self.pens(self.colours), min(self.roundness, 2.6))

    def one_colour(self) -> None:
        """The way a child draws: all in one colour, perhaps a disc in the middle."""
        mask = self.thing & ~self.holes(0.3) if self.rng.random() < 0.2 else self.thing
        self.canvas.fill(self.canvas.silhouette(mask, self.roundness), self.main)
        if self.rng.random() < 0.35:
            self.crease_lines(np.zeros(3) if self.rng.random() < 0.4 else self.main * 0.55)
        if self.rng.random() < 0.85:
            self.centres()

    def crease_lines(self, colour: np.ndarray) -> None:
        """The lines between petals, or folds, as thin strokes."""
        lines = cv2.GaussianBlur(self.creases.astype(np.float32), (0, 0), 0.8)
        where = self.canvas.silhouette(lines > 0.3, 1.0)
        self.canvas.fill(where, np.asarray(colour, np.uint8))

    def scribbled(self) -> None:
        """The thing hatched with a broad brush, with or without a contour."""
        where = self.canvas.silhouette(self.thing, self.roundness)
        width = self.rng.uniform(6, 13)
        self.canvas.scribble(where, self.main, width)
        if self.rng.random() < 0.6:
            self.canvas.outline(where, self.main, self.rng.uniform(3, 8), gaps=0.3)
        self.centres()

    def contours(self, width: float, inked: bool = False) -> None:
        """The silhouette, most of the lines inside it and the middle, as strokes."""
        rng, canvas = self.rng, self.canvas
        gaps = rng.choice([0.0, 0.35, 0.7])
        pen = self.main
        if inked:
            pen = (pen * rng.uniform(0.35, 0.75)).astype(np.uint8)
        lines = rng.random()
        if lines < 0.4:
            self.crease_lines(pen)
        elif lines < 0.8:
            inner = self.rng.permutation(range(1, len(self.colours)))[: self.inner]
            shades = self.pens(self.colours) if rng.random() < 0.5 else None
            for kind in inner:
                mask = drop_specks(self.labels == kind, 0.02)
                # A line close to the silhouette would double it.
                core = cv2.erode(self.thing.astype(np.uint8), SQUARE_7)
                mask &= core.astype(bool)
                colour = pen if shades is None or inked else shades[kind]
                where = canvas.silhouette(mask, max(2.2, self.roundness))
                canvas.outline(where, colour, width, gaps)
        where = canvas.silhouette(self.thing, self.roundness)
        canvas.outline(where, pen, width, gaps)
        if not inked:
            self.centres(width if rng.random() < 0.4 else 0)

    def centres(self, width: float = 0) -> None:
        """What is compact and well inside as ellipses of its colour, filled unless `width`."""
        unit = min(self.canvas.width, self.canvas.height) / WORK
        for mask, colour in self._middles():
            points = np.argwhere(mask)[:, ::-1].astype(np.float32)
            (x, y), (w, h), angle = cv2.minAreaRect(points)
            ellipse = ((x * unit, y * unit), (w * unit * 1.05, h * unit * 1.05), angle)
            self.canvas.disc(ellipse, colour, width)

    def holes(self, share: float) -> np.ndarray:
        """A smooth random part of the picture to leave out, up to `share` of it."""
        height, width = self.thing.shape
        field = cv2.resize(self.canvas.noise(5), (width, height), interpolation=cv2.INTER_AREA)
        return field < np.quantile(field, self.rng.uniform(0.05, share))

    def _middles(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The middle of a flower, or eyes: regions inside whose colour is not the main one."""
        found = []
        least, most = (0.003, 4) if self.scene.plants else (0.0012, 8)
        lab = to_lab(self.colours)
        inside = cv2.erode(self.thing.astype(np.uint8), SQUARE_5) > 0
        for kind in range(1, len(self.colours)):
            if np.linalg.norm(lab[kind] - lab[0]) < 16:
                continue
            region = cv2.morphologyEx(
                (self.labels == kind).astype(np.uint8), cv2.MORPH_OPEN, SQUARE_3
            )
            count, parts, stats, _ = cv2.connectedComponentsWithStats(region, connectivity=4)
            for part in range(1, count):
                mask = parts == part
                _, _, w, h, area = stats[part]
                if not self.scene.plants and area / mask.size < 0.12:
                    mask = filled(mask)  # The white of an eye is round, with its pupil.
                    area = mask.sum()
                compact = area / (w * h) > 0.5 and max(w, h) < 2.5 * min(w, h)
                if compact and least < area / mask.size < 0.12 and inside[mask].mean() > 0.9:
                    found.append((area, mask, self.pens(self.colours[kind][None])[0]))
        found.sort(key=lambda item: -item[0])
        return [(mask, colour) for _, mask, colour in found[:most]]
