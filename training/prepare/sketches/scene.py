"""What a sketch needs of a photo: where the thing is, and what is green around it."""

from dataclasses import dataclass

import cv2
import numpy as np

from training.prepare.sketches.things import whiteness
from training.size import sides, size_of, with_short_side

WORK = 128  # px: regions are found on a copy of this shorter side, quick to do and smooth
BAND = 10  # px of WORK, on both sides of where the network ends a thing: there colours decide.


@dataclass(frozen=True)
class Scene:
    """A photo, uint8 [H, W, 3] RGB, and what a sketch needs of it on planes of its shape.

    The shorter side of a plane, [h, w], has WORK px.

    `image` is the smoothed photo, uint8 RGB. `thing` and `green` are boolean masks: what is in
    front, and leaves and stems around it, of which there are none unless these are `plants`.
    `alone` tells that nothing is behind the thing that somebody would draw.
    """

    photo: np.ndarray
    image: np.ndarray
    thing: np.ndarray
    green: np.ndarray
    plants: bool = False
    alone: bool = False


def analyse(photo: np.ndarray, cut_out: np.ndarray | None = None, *, plants: bool = False) -> Scene:
    """Find what is in front in a photo, uint8 [H, W, 3] RGB; 30 ms at 256 px.

    `cut_out`, boolean [H, W], tells it where that is known. With `plants` leaves and stems are
    not in front, but something that is drawn beside it.
    """
    plane = plane_of(photo)
    small = cv2.resize(photo, plane, interpolation=cv2.INTER_AREA)
    image = cv2.bilateralFilter(cv2.medianBlur(small, 3), 5, 40, 5)
    nothing = np.zeros(plane[::-1], bool)
    if cut_out is not None:
        shares = cv2.resize(cut_out.astype(np.float32), plane, interpolation=cv2.INTER_AREA)
        thing = clean_mask(shares > 0.5)
        return Scene(
            photo, image, thing if thing.any() else _disc(thing), nothing, plants, alone=True
        )
    if not plants:
        return Scene(photo, image, thing_mask(small), nothing)
    green = green_parts(image)
    thing = flower_mask(image, green)
    return Scene(photo, image, thing, green & ~thing, plants)


def plane_of(photo: np.ndarray) -> tuple[int, int]:
    """Width and height of the planes of a photo [H, W, 3]."""
    height, width = sides(with_short_side(size_of(photo.shape[1], photo.shape[0]), WORK))
    return width, height


def thing_mask(photo: np.ndarray) -> np.ndarray:
    """What is in front in a photo, uint8 [h, w, 3] RGB, against what is behind it: boolean [h, w].

    The network says where it is, and GrabCut, in a band along that outline, where exactly it ends;
    of the photo as it is, because what is smoothed has softer edges. Where there seems to be
    nothing, or nothing else, it is what is surest, or a disc.
    """
    sure = whiteness(photo)
    about = (sure > 0.5).astype(np.uint8)
    across = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND + 1, 2 * BAND + 1))
    marks = np.where(about, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[cv2.dilate(about, across) == 0] = cv2.GC_BGD
    marks[cv2.erode(about, across) == 1] = cv2.GC_FGD
    for candidate in (_grab_cut(photo, marks), sure > 0.5, sure > np.quantile(sure, 0.8)):
        mask = clean_mask(candidate)
        if 0.02 < mask.mean() < 0.98:
            return mask
    return _disc(sure)


def green_parts(image: np.ndarray) -> np.ndarray:
    """Where an RGB image shows the green of leaves, boolean [H, W]; pale petals do not count."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
    leafy = (hue > 30) & (hue < 90) & (saturation > 45) & (value > 25)
    return leafy & ~((value > 205) & (saturation < 95))


def flower_mask(image: np.ndarray, green: np.ndarray) -> np.ndarray:
    """Flower against background by GrabCut (Rother et al., 2004), boolean [h, w].

    Seeds: colours unlike the border's and unlike leaves, bright or strong ones, near the centre.
    A degenerate cut (nearly empty or nearly all) falls back on the seeds alone.
    """
    score = _flower_score(image, green)
    low, high = np.quantile(score, [0.30, 0.88])
    middle = _otsu(score)
    marks = np.where(score > middle, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[score < min(low, middle)] = cv2.GC_BGD
    marks[score > max(high, middle)] = cv2.GC_FGD
    for candidate in (_grab_cut(image, marks), score > middle, score > np.quantile(score, 0.7)):
        mask = clean_mask(candidate)
        if 0.03 < mask.mean() < 0.93:
            return mask
    return _disc(score)


def _grab_cut(image: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Cut along edges (Rother et al., 2004), beginning with `marks`; boolean, as they are."""
    # OpenCV's GrabCut draws from its global generator: seeded, a photo always gives one mask.
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    if (marks == cv2.GC_BGD).any() and (marks == cv2.GC_FGD).any():
        cv2.grabCut(image, marks, None, background, foreground, 2, cv2.GC_INIT_WITH_MASK)
    return (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)


def creases(image: np.ndarray, thing: np.ndarray) -> np.ndarray:
    """The dark lines between petals, or folds, boolean: valleys of lightness inside the thing."""
    light = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
    valleys = cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, np.ones((9, 9), np.uint8))
    inside = cv2.erode(thing.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not inside.any():
        return inside
    deep = max(14.0, float(np.quantile(valleys[inside], 0.86)))
    return drop_specks(inside & (valleys > deep), 0.0022)


def clean_mask(mask: np.ndarray, smallest: float = 0.012) -> np.ndarray:
    """Close pinholes, round the edge, drop specks of less than `smallest` of the image."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.6)
    mask = (soft > 0.5).astype(np.uint8)
    return drop_specks(mask, smallest) | _holes(mask, 0.004)


def drop_specks(mask: np.ndarray, smallest: float) -> np.ndarray:
    """The connected parts of a mask that cover at least `smallest` of the image, boolean."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    keep = stats[:, cv2.CC_STAT_AREA] >= smallest * mask.size
    keep[0] = False
    return keep[parts] if count > 1 else np.zeros(mask.shape, bool)


def filled(mask: np.ndarray) -> np.ndarray:
    """A mask with all its holes, boolean."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(whole, contours, -1, 1, cv2.FILLED)
    return whole > 0


def _holes(mask: np.ndarray, smallest: float) -> np.ndarray:
    return (mask == 0) & ~drop_specks(1 - mask, smallest)


def _flower_score(image: np.ndarray, green: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    height, width = green.shape
    ring = np.ones((height, width), bool)
    ring[6:-6, 6:-6] = False
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 1.0)
    _, kinds, centres = cv2.kmeans(lab[ring], 4, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    shares = np.bincount(kinds.ravel(), minlength=4) / len(kinds)
    distance = np.stack([np.linalg.norm(lab - centre, axis=2) for centre in centres])
    # A flower that touches the border owns a small share of it, and must not be pushed away.
    far = (distance + 60 * np.clip(0.25 - shares, 0, 1)[:, None, None]).min(0)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    centre = np.exp(-(rows**2 + columns**2) / 0.6)
    score = far / 40 + 0.9 * centre + 0.006 * lab[..., 0] + 0.006 * chroma
    score -= 0.8 * green
    return cv2.GaussianBlur(score.astype(np.float32), (0, 0), 1.5)


def _otsu(score: np.ndarray) -> float:
    low, high = float(score.min()), float(score.max())
    levels = ((score - low) / max(high - low, 1e-6) * 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return low + threshold / 255 * (high - low)


def _disc(plane: np.ndarray) -> np.ndarray:
    height, width = plane.shape
    disc = np.zeros((height, width), np.uint8)
    cv2.circle(disc, (width // 2, height // 2), WORK // 3, 1, -1)
    return disc.astype(bool)
