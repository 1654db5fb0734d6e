import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from demo.latents import MAX_SEED, SLIDERS, between, is_seed, moved, noise, places

WEB = Path(__file__).parent.parent / "demo" / "web"
NOISE_0 = [0.7871846556663513, 0.001630933489650488, 0.431439608335495, 0.5649690628051758]


def test_a_seed_is_the_same_noise_everywhere():
    np.testing.assert_allclose(noise(0, 4), NOISE_0, rtol=1e-6)
    assert noise(0, 4).dtype == np.float32
    assert (noise(7, 100)[:4] == noise(7, 4)).all()
    assert (noise(7, 4) != noise(8, 4)).all()
    assert np.isfinite(noise(MAX_SEED, 4)).all()


def test_the_page_has_the_same_noise_to_the_bit():
    """Whatever computes logarithm and cosine: rounded to float32, nothing is left of it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js on this machine to run the page's code with")
    seeds = [0, 1, MAX_SEED, *range(7, 2**32, 2**32 // 500)]
    code = (
        "import(process.argv[1]).then(({ noise }) => console.log(JSON.stringify("
        "JSON.parse(process.argv[2]).map((seed) => Array.from(noise(seed, 25))))))"
    )
    command = [node, "-e", code, (WEB / "src" / "noise.js").as_uri(), json.dumps(seeds)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ours = np.stack([noise(seed, 25) for seed in seeds])
    np.testing.assert_array_equal(np.array(told, np.float32), ours)


def test_its_noise_is_standard_normal():
    values = np.concatenate([noise(seed, 101) for seed in range(1000)]).astype(np.float64)
    assert abs(values.mean()) < 0.01 and abs(values.std() - 1) < 0.01
    assert abs((np.abs(values) < 1).mean() - 0.6827) < 0.005
    assert abs((values**4).mean() - 3) < 0.1


def test_seeds_are_whole_numbers_of_32_bits():
    assert is_seed(0) and is_seed(MAX_SEED)
    assert not is_seed(-1) and not is_seed(MAX_SEED + 1) and not is_seed(None)


def test_sliders_show_the_first_numbers_within_their_reach():
    assert places(np.array([0.126, -5, 3.2], np.float32)) == [0.13, -3.0, 3.0]
    assert len(places(noise(0, 100))) == SLIDERS


def test_a_slider_changes_its_number_and_no_other():
    values = noise(3, 12)
    sliders = places(values)
    assert (moved(values, sliders) == values).all()  # To the bit, though sliders show two digits.
    sliders[2] = 1.5
    changed = moved(values, sliders)
    assert changed[2] == 1.5
    assert (np.delete(changed, 2) == np.delete(values, 2)).all()
    assert (moved(values, [None] * SLIDERS) == values).all()


def test_the_way_follows_an_arc_from_end_to_end():
    start, end = noise(0, 200), noise(1, 200)
    way = between(start, end, 8)
    assert way.shape == (8, 200) and way.dtype == np.float32
    assert (way[0] == start).all() and (way[-1] == end).all()
    lengths = np.linalg.norm(way, axis=1)
    assert lengths.min() > 0.99 * min(lengths[0], lengths[-1])  # A straight line falls to 0.71.
    quarter = between(np.array([1, 0], np.float32), np.array([0, 1], np.float32), 3)
    np.testing.assert_allclose(quarter[1], [0.5**0.5, 0.5**0.5], rtol=1e-6)


@pytest.mark.parametrize(("end", "middle"), [([2.0], 1.5), ([1.0], 1.0), ([-1.0], 0.0)])
def test_where_there_is_no_arc_the_way_is_straight(end, middle):
    way = between(np.array([1.0], np.float32), np.array(end, np.float32), 3)
    np.testing.assert_allclose(way[:, 0], [1.0, middle, end[0]])
