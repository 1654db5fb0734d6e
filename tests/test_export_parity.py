import numpy as np
import pytest

from export.parity import IDENTICAL, Drift, check, compare, measure


def flat(value: float) -> np.ndarray:
    return np.full((2, 4, 4, 3), value, np.float32)


def test_psnr_worked_out_by_hand():
    # One pixel value everywhere: 20 log10(255) = 48.13 dB
    parity = compare(flat(101), flat(100))
    assert parity.psnr == pytest.approx(48.1308, abs=1e-4)
    assert (parity.mean, parity.max, parity.drawings) == (1.0, 1.0, 2)


def test_psnr_is_of_all_pictures_together():
    photos = flat(100)
    photos[0, 0, 0, 0] = 110  # 100 / 96 is the mean square
    parity = compare(photos, flat(100))
    assert parity.psnr == pytest.approx(10 * np.log10(255**2 * 96 / 100))
    assert parity.mean == pytest.approx(10 / 96)
    assert parity.max == 10


def test_unsigned_pixels_do_not_wrap_around():
    assert compare(np.zeros((1, 2, 2, 3), np.uint8), flat(1)[:1, :2, :2]).max == 1


def test_identical_pictures_have_a_finite_psnr():
    assert compare(flat(7), flat(7)).psnr == IDENTICAL


def test_at_its_floor_a_file_passes():
    assert check("a.tflite", flat(101), flat(100), floor=48.13).max == 1


def test_drift_names_the_file_the_psnr_and_the_floor():
    with pytest.raises(Drift, match=r"a\.tflite .* at least 60 dB .* got 48\.1 dB"):
        check("a.tflite", flat(101), flat(100), floor=60)


def test_nan_is_drift():
    photos = flat(100)
    photos[1, 2, 3, 0] = np.nan
    with pytest.raises(Drift, match="nan"):
        check("a.tflite", photos, flat(100), floor=1)


def test_measure_keeps_the_order_and_draws_the_first_once_more():
    seen = []

    def draw(row):
        seen.append(int(row["sketch"][0, 0, 0, 0]))
        return row["sketch"][0] + 1

    sketches = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1).repeat(3, axis=3)
    outcome = measure(draw, {"sketch": sketches}, threads=5)
    assert seen == [0, 0, 1, 2]
    np.testing.assert_array_equal(outcome.photos, sketches + 1)
    assert outcome.threads == 5 and outcome.milliseconds >= 0
