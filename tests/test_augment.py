import keras
import numpy as np

from tests.pictures import pairs
from training.augment import Augmentation

SIZE = 32


def augmented(augmentation, count=16, seed=0):
    sketches, photos = pairs(count, SIZE)
    outputs = augmentation([sketches, photos], keras.random.SeedGenerator(seed))
    return (sketches, photos, *(keras.ops.convert_to_numpy(x) for x in outputs))


def test_all_zero_changes_nothing():
    sketches, photos, sketch, photo = augmented(Augmentation())
    np.testing.assert_array_equal(sketch, sketches)
    np.testing.assert_array_equal(photo, photos)


def test_flip_alone_mirrors_whole_pairs():
    sketches, photos, sketch, photo = augmented(Augmentation(flip=True), count=24)
    mirrored = [
        np.allclose(a, b[:, ::-1], atol=0.01) for a, b in zip(sketch, sketches, strict=True)
    ]
    kept = [np.allclose(a, b, atol=0.01) for a, b in zip(sketch, sketches, strict=True)]
    assert all(m or k for m, k in zip(mirrored, kept, strict=True))
    assert any(mirrored)
    assert any(kept)
    for index in np.flatnonzero(mirrored):
        np.testing.assert_allclose(photo[index], photos[index][:, ::-1], atol=0.01)


def test_sketch_and_photo_are_moved_alike():
    sketches, _ = pairs(8, SIZE)
    everything = Augmentation(zoom_max=0.2, shift=0.1, flip=True)
    sketch, photo = everything([sketches, sketches], keras.random.SeedGenerator(1))
    sketch, photo = keras.ops.convert_to_numpy(sketch), keras.ops.convert_to_numpy(photo)
    np.testing.assert_array_equal(sketch, photo)
    assert np.abs(sketch - sketches).mean() > 1
    assert sketch.min() >= 0
    assert sketch.max() <= 255.01


def test_the_paper_jitter_is_a_286_to_256_crop():
    """A ramp of slope 1 enlarged by 286/256 has slope 256/286, wherever the window starts."""
    ramp = np.tile(np.arange(64, dtype="float32")[None, None, :, None], (4, 64, 1, 3))
    jitter = Augmentation(zoom_min=30 / 256, zoom_max=30 / 256)
    moved, _ = jitter([ramp, ramp], keras.random.SeedGenerator(0))
    moved = keras.ops.convert_to_numpy(moved)
    slopes = np.diff(moved[:, :, 4:-4, 0], axis=2)
    np.testing.assert_allclose(slopes, 256 / 286, atol=1e-3)
    assert moved.min() >= 0
    assert moved.max() <= 63
    assert len(np.unique(np.round(moved[:, 0, 10, 0], 2))) > 1, "each pair has its own window"


def test_at_half_the_size_a_picture_stands_beside_its_mirror_images():
    sketches, photos, sketch, photo = augmented(Augmentation(zoom_min=-0.5, zoom_max=-0.5))
    for before, after in ((sketches, sketch), (photos, photo)):
        small = before.reshape(-1, SIZE // 2, 2, SIZE // 2, 2, 3).mean((2, 4))
        mirrored = np.concatenate([small[:, ::-1], small, small[:, ::-1]], axis=1)
        beside = mirrored[:, :, ::-1]
        tiled = np.concatenate([beside, mirrored, beside], axis=2)
        # Of the four that there is room for, each pair has its own window.
        nearest = [
            min(
                np.abs(each[y : y + SIZE, x : x + SIZE] - seen).mean()
                for y in range(SIZE // 2 + 1)
                for x in range(SIZE // 2 + 1)
            )
            for each, seen in zip(tiled, after, strict=True)
        ]
        assert max(nearest) < 20, "by half a pixel of place; other pictures differ by 70"
    assert sketch.min() >= 0 and sketch.max() <= 255.01


def test_a_plain_picture_stays_plain_at_every_size():
    plain = np.full((16, SIZE, SIZE, 3), 200.0, "float32")
    anyhow = Augmentation(zoom_min=-0.5, zoom_max=1.0, shift=0.1)
    moved, _ = anyhow([plain, plain], keras.random.SeedGenerator(0))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(moved), 200.0, atol=0.01)


def test_the_same_seed_draws_the_same():
    everything = Augmentation(zoom_max=0.2, shift=0.1, flip=True)
    first, again = augmented(everything, seed=5), augmented(everything, seed=5)
    np.testing.assert_array_equal(first[2], again[2])
    assert not np.array_equal(first[2], augmented(everything, seed=6)[2])
