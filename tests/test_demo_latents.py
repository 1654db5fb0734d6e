import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from demo.latents import MAX_SEED, is_seed, noise

PAD = Path(__file__).parent.parent / "demo" / "pad"
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
    command = [node, "-e", code, (PAD / "noise.js").as_uri(), json.dumps(seeds)]
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


def test_the_way_of_the_page_follows_an_arc_from_end_to_end():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js on this machine to run the page's code with")
    ends = [
        [noise(0, 200).tolist(), noise(1, 200).tolist()],
        *([[1.0], end] for end in ([2.0], [1.0], [-1.0])),  # Where there is no arc.
    ]
    code = (
        "import(process.argv[1]).then(({ between }) => console.log(JSON.stringify("
        "JSON.parse(process.argv[2]).map(([start, end]) => "
        "between(Float32Array.from(start), Float32Array.from(end), 9).map((v) => Array.from(v))))))"
    )
    command = [node, "-e", code, (PAD / "noise.js").as_uri(), json.dumps(ends)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    way = np.array(told[0], np.float32)
    assert (way[0] == noise(0, 200)).all() and (way[-1] == noise(1, 200)).all()
    lengths = np.linalg.norm(way, axis=1)
    assert lengths.min() > 0.99 * min(lengths[0], lengths[-1])  # A straight line falls to 0.71.
    assert [straight[4][0] for straight in told[1:]] == [1.5, 1.0, 0.0]
