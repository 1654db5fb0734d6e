"""Photos that are nearly the same are counted, others are not."""

import io

import numpy as np
import pytest
from PIL import Image

from training.prepare.alike import ALIKE, look, near_duplicates


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    grounds = rng.integers(0, 256, (60, 5, 5, 3), np.uint8)
    return [Image.fromarray(g).resize((96, 96), Image.Resampling.BICUBIC) for g in grounds]


def test_what_differs_is_not_alike(photos):
    assert near_duplicates(look(np.asarray(photo)) for photo in photos) == 0


def test_a_copy_of_another_size_quality_or_light_is(photos):
    copies = []
    for photo in photos[:20]:
        file = io.BytesIO()
        photo.resize((64, 64)).save(file, "JPEG", quality=60)
        copies.append(Image.open(file).convert("RGB").point(lambda value: int(0.9 * value) + 10))
    looks = [look(np.asarray(photo)) for photo in (*photos, *copies)]
    assert near_duplicates(looks) == 20


def test_every_pair_within_the_bound_is_found():
    rng = np.random.default_rng(1)
    for bits in (1, ALIKE, ALIKE + 1):
        one = int(rng.integers(0, 2**63))
        for _ in range(50):
            other = one
            for place in rng.choice(64, bits, replace=False):
                other ^= 1 << int(place)
            assert near_duplicates([f"{one:016x}", f"{other:016x}"]) == (bits <= ALIKE)


def test_a_copy_counts_and_so_does_what_comes_after_what_it_looks_like():
    assert near_duplicates([]) == 0
    same, near, far = "00" * 8, "03" + "00" * 7, "ff" * 8
    assert near_duplicates([same, same, far, near, same]) == 3
