"""How near pictures are to others: pair by pair (L1, PSNR, SSIM) and set by set (KID).

Pure numpy, pixels in: uint8 [N, H, W, 3], 0..255. What works pair by pair returns float64 [N].
"""

from collections.abc import Iterator

import cv2
import numpy as np

PEAK = 255.0
# Wang et al. 2004, section III.C: an 11 x 11 Gaussian window, and constants that keep the
# quotients steady where a picture is flat or black.
SSIM_WINDOW, SSIM_SIGMA = 11, 1.5
SSIM_C1, SSIM_C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2


def l1(pictures: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Mean absolute difference of each pair, in pixel values: float64 [N], 0 is equal.

    Raises `ValueError` when the shapes or types are not two equal batches of pictures.
    """
    _check_pair(pictures, references)
    return np.array([np.abs(a - b).mean() for a, b in _pairs(pictures, references)])


def psnr(pictures: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each pair, in dB: float64 [N], infinite where equal.

    Raises `ValueError` as `l1` does.
    """
    _check_pair(pictures, references)
    errors = np.array([np.square(a - b).mean() for a, b in _pairs(pictures, references)])
    with np.errstate(divide="ignore"):
        return 10 * np.log10(PEAK**2 / errors)


def ssim(pictures: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Structural similarity of each pair: float64 [N], at most 1, which is equal.

    The mean over channels and over all places where the window lies inside the picture (Wang et
    al. 2004, "Image quality assessment: from error visibility to structural similarity").
    Raises `ValueError` as `l1` does, and for pictures smaller than the window.
    """
    _check_pair(pictures, references)
    if min(pictures.shape[1:3]) < SSIM_WINDOW:
        raise ValueError(
            f"SSIM needs pictures of {SSIM_WINDOW} px or more, got shape {pictures.shape}"
        )
    return np.array([_ssim_one(a, b) for a, b in _pairs(pictures, references)])


def kid(
    features: np.ndarray, references: np.ndarray, subsets: int = 100, seed: int = 0
) -> tuple[float, float]:
    """Kernel distance between two sets of pictures, given as features [N, D] and [M, D].

    The unbiased squared maximum mean discrepancy under the kernel (x.y / D + 1)^3, averaged over
    `subsets` random subsets of both sets (Binkowski et al. 2018, arXiv 1801.01401, which takes
    100 subsets of 1000). The subsets' size is 1000, or that of the smaller set. About zero, or a
    little below, when both sets come from one source. Comparable for equal features only.

    Returns:
        The mean over the subsets, and their standard deviation. Where both sets are no larger
        than a subset there is only one to take: the mean is exact and the deviation 0.

    Raises:
        ValueError: features of different lengths, or fewer than two of them in a set.
    """
    if features.ndim != 2 or references.ndim != 2 or features.shape[1] != references.shape[1]:
        raise ValueError(
            f"expected features [N, D] and [M, D], got {features.shape} and {references.shape}"
        )
    size = min(len(features), len(references), 1000)
    if size < 2:
        raise ValueError(
            f"KID needs two pictures in each set, got {len(features)} and {len(references)}"
        )
    features, references = features.astype(np.float64), references.astype(np.float64)
    if size == len(features) == len(references):
        return _squared_mmd(features, references), 0.0
    rng = np.random.default_rng(seed)
    values = [
        _squared_mmd(
            features[rng.choice(len(features), size, replace=False)],
            references[rng.choice(len(references), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def _squared_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Gretton et al. 2012, lemma 6, the unbiased estimate: no picture is compared with itself."""
    within = (_mean_off_diagonal(_kernel(x, x)), _mean_off_diagonal(_kernel(y, y)))
    return float(sum(within) - 2 * _kernel(x, y).mean())


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def _mean_off_diagonal(square: np.ndarray) -> float:
    n = len(square)
    return (square.sum() - np.trace(square)) / (n * (n - 1))


def _ssim_one(a: np.ndarray, b: np.ndarray) -> float:
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    variance_a = _local_mean(a * a) - mean_a**2
    variance_b = _local_mean(b * b) - mean_b**2
    covariance = _local_mean(a * b) - mean_a * mean_b
    light = (2 * mean_a * mean_b + SSIM_C1) / (mean_a**2 + mean_b**2 + SSIM_C1)
    structure = (2 * covariance + SSIM_C2) / (variance_a + variance_b + SSIM_C2)
    return float((light * structure).mean())


def _local_mean(picture: np.ndarray) -> np.ndarray:
    """Gaussian mean around each pixel, without the places where the window leaves the picture."""
    blurred = cv2.GaussianBlur(picture, (SSIM_WINDOW, SSIM_WINDOW), SSIM_SIGMA)
    rim = SSIM_WINDOW // 2
    return blurred[rim:-rim, rim:-rim]


def _check_pair(pictures: np.ndarray, references: np.ndarray) -> None:
    if (
        pictures.shape != references.shape
        or pictures.ndim != 4
        or (pictures.dtype, references.dtype) != (np.uint8, np.uint8)
    ):
        raise ValueError(
            f"expected two equal batches uint8 [N, H, W, 3], got {pictures.dtype} "
            f"{pictures.shape} and {references.dtype} {references.shape}"
        )


def _pairs(pictures: np.ndarray, references: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One pair at a time as float64: the sets themselves may be mapped from disk."""
    for a, b in zip(pictures, references, strict=True):
        yield a.astype(np.float64), b.astype(np.float64)
