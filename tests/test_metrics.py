import numpy as np
import pytest
import tensorflow as tf

from training.evaluation import metrics


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def flat(value: int, size: int = 16) -> np.ndarray:
    return np.full((1, size, size, 3), value, np.uint8)


def noise(rng, *shape: int) -> np.ndarray:
    return rng.integers(0, 256, shape, np.uint8)


def test_l1_is_the_mean_difference_of_each_pair():
    pictures = np.concatenate([flat(10), flat(250)])
    references = np.concatenate([flat(13), flat(0)])
    assert metrics.l1(pictures, references).tolist() == [3.0, 250.0]


def test_l1_does_not_wrap_around():
    assert metrics.l1(flat(0), flat(255)) == metrics.l1(flat(255), flat(0)) == 255.0


def test_psnr_of_a_hand_worked_pair():
    # Every pixel is off by 25.5, a tenth of the peak, on average of squares: 20 dB.
    one = flat(100)
    other = flat(100)
    other[0, ::2] += 25
    other[0, 1::2] += 26
    squared_error = (25**2 + 26**2) / 2
    assert metrics.psnr(one, other) == pytest.approx(10 * np.log10(255**2 / squared_error))
    assert metrics.psnr(one, other) == pytest.approx(20.0, abs=0.01)


def test_psnr_of_black_and_white_is_zero_and_of_equals_infinite():
    assert metrics.psnr(flat(0), flat(255)).tolist() == [0.0]
    assert metrics.psnr(flat(7), flat(7)).tolist() == [np.inf]


def test_ssim_of_flat_pictures_is_the_light_term_alone():
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 50 + c1) / (100**2 + 50**2 + c1)
    assert metrics.ssim(flat(100), flat(50)) == pytest.approx(expected)


def test_ssim_of_equals_is_one_and_of_a_negative_is_below_zero(rng):
    picture = noise(rng, 1, 32, 32, 3)
    assert metrics.ssim(picture, picture) == pytest.approx(1.0)
    assert metrics.ssim(picture, 255 - picture) < 0


def test_ssim_agrees_with_an_independent_implementation(rng):
    pictures = noise(rng, 3, 24, 40, 3)
    references = np.clip(pictures + rng.normal(0, 30, pictures.shape), 0, 255).astype(np.uint8)
    expected = tf.image.ssim(pictures, references, max_val=255).numpy()
    assert metrics.ssim(pictures, references) == pytest.approx(expected, abs=1e-5)


def test_more_noise_is_worse_by_every_measure(rng):
    picture = noise(rng, 1, 32, 32, 3) // 2 + 64
    noisy = [
        np.clip(picture + rng.normal(0, deviation, picture.shape), 0, 255).astype(np.uint8)
        for deviation in (4, 16, 64)
    ]
    for measure, sign in ((metrics.l1, 1), (metrics.psnr, -1), (metrics.ssim, -1)):
        values = [sign * float(measure(n, picture)[0]) for n in noisy]
        assert values == sorted(values)


@pytest.mark.parametrize("measure", [metrics.l1, metrics.psnr, metrics.ssim])
def test_unequal_batches_are_refused(measure):
    with pytest.raises(ValueError, match="two equal batches"):
        measure(flat(1, 16), flat(1, 17))
    with pytest.raises(ValueError, match="float32"):
        measure(flat(1).astype(np.float32), flat(1))


def test_ssim_refuses_pictures_smaller_than_its_window():
    with pytest.raises(ValueError, match="11 px or more"):
        metrics.ssim(flat(1, 10), flat(1, 10))


def test_kid_of_a_hand_worked_pair_of_sets():
    # D = 1, kernel (x y + 1)^3. Within {0, 1}: k(0, 1) = 1. Within {1, 2}: k(1, 2) = 27.
    # Between: k(0, 1) = k(0, 2) = 1, k(1, 1) = 8, k(1, 2) = 27, whose mean is 37 / 4.
    distance, deviation = metrics.kid(np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]]))
    assert distance == pytest.approx(1 + 27 - 2 * 37 / 4)
    assert deviation == 0.0


def test_kid_divides_by_the_length_of_the_features(rng):
    x, y = rng.normal(size=(20, 4)), rng.normal(1, 1, size=(20, 4))
    # The same feature written twice doubles both the product and the length.
    twice = metrics.kid(np.repeat(x, 2, axis=1), np.repeat(y, 2, axis=1))
    assert twice == pytest.approx(metrics.kid(x, y))


def test_kid_is_unbiased_for_sets_of_one_source(rng):
    distances = [
        metrics.kid(rng.normal(size=(30, 8)), rng.normal(size=(30, 8)))[0] for _ in range(400)
    ]
    standard_error = np.std(distances) / np.sqrt(len(distances))
    assert abs(np.mean(distances)) < 3 * standard_error
    assert min(distances) < 0 < max(distances)


def test_kid_grows_with_the_distance_of_the_sets(rng):
    real = rng.normal(size=(200, 8))
    distances = [metrics.kid(rng.normal(shift, 1, (200, 8)), real)[0] for shift in (0.5, 1, 2)]
    assert 0 < distances[0] < distances[1] < distances[2]


def test_kid_of_unequal_sets_draws_subsets_by_its_seed(rng):
    few, many = rng.normal(size=(24, 8)), rng.normal(1, 1, size=(300, 8))
    distance, deviation = metrics.kid(few, many)
    assert deviation > 0
    assert (distance, deviation) == metrics.kid(few, many)
    assert distance != metrics.kid(few, many, seed=1)[0]
    # The subsets are an estimate of what the whole sets give.
    assert distance == pytest.approx(metrics.kid(few, many, seed=1)[0], abs=deviation)


def test_kid_refuses_what_cannot_be_compared():
    with pytest.raises(ValueError, match=r"\(4, 3\) and \(4, 2\)"):
        metrics.kid(np.zeros((4, 3)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="two pictures in each set, got 1 and 4"):
        metrics.kid(np.zeros((1, 3)), np.zeros((4, 3)))
