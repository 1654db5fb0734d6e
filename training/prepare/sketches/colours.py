"""Reduce a picture to a few flat colours, as a box of pens has them."""

import cv2
import numpy as np

# A small box of pens, as children and drawing programs have it.
PENS = np.array(
    [
        (255, 255, 255), (255, 244, 150), (255, 214, 20), (255, 140, 0), (235, 40, 30),
        (200, 15, 60), (130, 10, 30), (255, 170, 200), (255, 90, 160), (224, 57, 154),
        (220, 120, 230), (150, 50, 190), (90, 40, 160), (50, 60, 210), (90, 140, 245),
        (190, 180, 250), (120, 70, 30), (60, 30, 20), (150, 200, 60),
    ],
    np.uint8,
)  # fmt: skip
GREEN_PENS = np.array(
    [(46, 125, 50), (30, 90, 35), (80, 160, 50), (120, 190, 70), (0, 140, 60)], np.uint8
)


# What else things are made of.
OTHER_PENS = np.array(
    [
        (190, 190, 190), (130, 130, 130), (80, 80, 85), (45, 45, 50), (230, 215, 190),
        (190, 160, 120), (160, 110, 70), (255, 205, 160), (30, 170, 170), (130, 220, 230),
        (20, 60, 110), (150, 175, 200), (110, 110, 60), (245, 160, 140), (15, 105, 115),
    ],
    np.uint8,
)  # fmt: skip
ALL_PENS = np.concatenate([PENS, GREEN_PENS, OTHER_PENS])
LEAST_LIGHT = 24.0  # Of 100: a darker pen is not seen on a black canvas.


def to_lab(colours: np.ndarray) -> np.ndarray:
    """uint8 RGB [..., 3] to float32 CIE Lab [..., 3]."""
    flat = np.ascontiguousarray(colours, np.uint8).reshape(1, -1, 3).astype(np.float32) / 255
    return cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).reshape(colours.shape)


def brighten(colours: np.ndarray, amount: float) -> np.ndarray:
    """Colours [K, 3] uint8 a little brighter and purer, as pens are; `amount` 0 to 1."""
    hsv = cv2.cvtColor(colours.reshape(1, -1, 3).astype(np.float32) / 255, cv2.COLOR_RGB2HSV)[0]
    hue, saturation, value = hsv.T
    # Greys are shaded white, which purity would tint.
    pure = np.clip(saturation * (1 + 0.35 * amount * (saturation > 0.22)), 0, 1)
    bright = value ** (1 - np.where(saturation > 0.22, 0.5, 0.75) * amount)
    pushed = np.stack([hue, pure, bright], 1)[None].astype(np.float32)
    return np.rint(cv2.cvtColor(pushed, cv2.COLOR_HSV2RGB)[0] * 255).astype(np.uint8)


def visible(colours: np.ndarray) -> np.ndarray:
    """Colours [K, 3] uint8, the darkest of them as light as is seen on a black canvas."""
    lab = to_lab(colours)
    lab[..., 0] = np.maximum(lab[..., 0], LEAST_LIGHT)
    seen = cv2.cvtColor(lab.reshape(1, -1, 3), cv2.COLOR_LAB2RGB).reshape(colours.shape)
    return np.rint(np.clip(seen, 0, 1) * 255).astype(np.uint8)


def nearest_pens(colours: np.ndarray, pens: np.ndarray = PENS, shade: float = 0.6) -> np.ndarray:
    """Each of the colours [K, 3] replaced by the pen that looks most like it.

    How light it is matters less than its hue to who picks a pen for a petal, which is lit.
    """
    weights = np.array([shade, 1, 1], np.float32)
    difference = (to_lab(colours)[:, None] - to_lab(pens)[None]) * weights
    return pens[np.linalg.norm(difference, axis=2).argmin(1)]


def flatten(
    image: np.ndarray, mask: np.ndarray, count: int, lit: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Divide the masked part of an RGB image into at most `count` flat colours, largest first.

    Returns labels int [H, W], -1 outside of the mask, and colours uint8 [K, 3]. K-means in Lab
    with lightness held down, so that a shadow on a petal does not become a region of its own;
    `lit` as in `typical`.
    """
    labels = np.full(mask.shape, -1)
    pixels = to_lab(image)[mask] * np.array([0.65, 1, 1], np.float32)
    if len(pixels) == 0:
        return labels, np.zeros((0, 3), np.uint8)
    cv2.setRNGSeed(1)  # OpenCV's k-means draws from its global generator
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 0.5)
    sample = pixels[:: max(1, len(pixels) // 3000)]
    count = min(count, len(sample))
    _, _, centres = cv2.kmeans(sample, count, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    centres = _merge(centres, 9.0)
    kinds = np.linalg.norm(pixels[:, None] - centres[None], axis=2).argmin(1)
    order = np.argsort(-np.bincount(kinds, minlength=len(centres)))
    kinds = np.argsort(order)[kinds]
    labels[mask] = kinds
    inside = image[mask]
    colours = [typical(inside[kinds == kind], lit) for kind in range(len(centres))]
    return labels, np.stack(colours)


def typical(pixels: np.ndarray, lit: bool = True) -> np.ndarray:
    """The colour a person would name for these pixels [N, 3]: the median, or of the `lit` half."""
    if len(pixels) == 0:
        return np.zeros(3, np.uint8)
    if not lit:
        return np.median(pixels, axis=0).astype(np.uint8)
    light = pixels.astype(int).sum(1)
    return np.median(pixels[light >= np.median(light)], axis=0).astype(np.uint8)


def _merge(centres: np.ndarray, nearest: float) -> np.ndarray:
    kept: list[np.ndarray] = []
    for centre in centres:
        if all(np.linalg.norm(centre - other) > nearest for other in kept):
            kept.append(centre)
    return np.stack(kept)
