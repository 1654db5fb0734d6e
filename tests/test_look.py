"""What a look says of a photo, and how a photo is given another one: plain arithmetic."""

import json
import shutil
import subprocess
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from tests.pictures import pairs
from training.look.backdrop import backdrop_share, drawn_cells
from training.look.describe import DESCRIBED, change, describe
from training.look.looks import NAMES, PALETTE, Looks
from training.pixels import to_network, to_pixels

PAD = Path(__file__).parent.parent / "demo" / "pad"
SIZE = 128
EMPTY = np.zeros((1, SIZE, SIZE, 3), np.uint8)


def described(photo: np.ndarray, sketch: np.ndarray = EMPTY) -> dict[str, float]:
    values = describe(to_network(photo[None]), drawn_cells(to_network(sketch)))
    return dict(zip(DESCRIBED, np.asarray(values)[0].tolist(), strict=True))


def plain(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((SIZE, SIZE, 3), colour, np.uint8)


def ramp(axis: int) -> np.ndarray:
    """Grey from 50 at the upper or left border to 200 at the other one."""
    values = 50 + 150 * (np.arange(SIZE) + 0.5) / SIZE
    grey = values[:, None] if axis == 0 else values[None, :]
    return np.broadcast_to(np.rint(grey)[..., None], (SIZE, SIZE, 3)).astype(np.uint8)


def test_a_plain_colour_is_described_by_its_light_and_tint():
    values = described(plain((200, 100, 50)))
    assert values["light"] == pytest.approx(
        (0.299 * 200 + 0.587 * 100 + 0.114 * 50) / 255, abs=1e-3
    )
    assert values["warmth"] == pytest.approx(150 / 255, abs=1e-3)
    assert values["green"] == pytest.approx((100 - 125) / 255, abs=1e-3)
    for name in ("contrast", "from_above", "from_right"):
        assert values[name] == pytest.approx(0, abs=1e-3)


def test_light_from_a_side_is_told_apart_from_contrast():
    below, right = described(ramp(0)), described(ramp(1))
    assert below["from_above"] == pytest.approx(-75 / 255, abs=2e-3)
    assert right["from_right"] == pytest.approx(75 / 255, abs=2e-3)
    assert abs(below["from_right"]) < 1e-3 and below["contrast"] < 5e-3
    squares = np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((16, 16)))[..., None] * 100 + 50
    checked = described(squares.repeat(3, axis=2).astype(np.uint8))
    assert checked["contrast"] == pytest.approx(50 / 255, abs=2e-3)


def test_what_is_drawn_is_not_described():
    photo, sketch = plain((40, 90, 40)), EMPTY.copy()
    for picture, colour in ((photo, (250, 0, 200)), (sketch[0], (224, 57, 154))):
        cv2.circle(picture, (64, 64), 30, colour, -1)
    assert described(photo, sketch) == pytest.approx(described(plain((40, 90, 40))), abs=2e-3)
    assert described(photo)["warmth"] > 0.02


def test_drawn_all_over_there_is_still_something_to_say():
    values = described(plain((200, 100, 50)), EMPTY + 200)
    assert values == pytest.approx(described(plain((200, 100, 50))), abs=1e-3)


@pytest.mark.parametrize("wanted", PALETTE)
def test_a_photo_comes_to_be_as_is_wanted(wanted):
    """But for what no pixel can be, and contrast, which is at most doubled."""
    rng = np.random.default_rng(3)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (SIZE, SIZE, 3)).astype(np.float32), (0, 0), 4)
    photo = np.clip(110 + 18 * noise / noise.std(), 0, 255).astype(np.uint8)[None]
    drawn = drawn_cells(to_network(EMPTY))
    values = np.array([PALETTE[wanted]], np.float32)
    own = describe(to_network(photo), drawn)
    changed = change(to_network(photo), drawn, own, values, np.zeros((1, 2), np.float32))
    found = np.asarray(describe(changed, drawn))[0]
    np.testing.assert_allclose(found, values[0], atol=0.03)


def test_what_is_drawn_keeps_its_place_and_its_colour_to_the_edge():
    """A red disc, drawn a little too small: whatever is behind it, all of it stays red."""
    photo, sketch = plain((30, 80, 30))[None].copy(), EMPTY.copy()
    cv2.circle(photo[0], (64, 64), 34, (210, 30, 40), -1)
    cv2.circle(sketch[0], (64, 64), 29, (215, 38, 61), -1)
    drawn = drawn_cells(to_network(sketch))
    own = describe(to_network(photo), drawn)
    wanted = np.array([PALETTE["snow"]], np.float32)
    changed = to_pixels(change(to_network(photo), drawn, own, wanted, np.zeros((1, 2), np.float32)))
    away = np.hypot(*(np.indices((SIZE, SIZE)) - 64))
    assert np.abs(changed[0][away < 32].astype(int) - (210, 30, 40)).max() < 12
    assert changed[0][away > 37].min() > 170, "nothing of the old ground is left around it"


def test_the_share_of_the_backdrop_is_certain_away_from_the_border():
    sketch = EMPTY.copy()
    cv2.circle(sketch[0], (64, 64), 30, (255, 0, 0), -1)
    pixels = to_network(np.random.default_rng(0).integers(0, 256, EMPTY.shape, np.uint8))
    share = np.asarray(backdrop_share(pixels, drawn_cells(to_network(sketch))))[0, ..., 0]
    away = np.hypot(*(np.indices((SIZE, SIZE)) - 64))
    assert share[away < 20].max() == 0 and share[away > 44].min() == pytest.approx(1, abs=1e-6)
    assert share.min() >= 0 and share.max() <= 1 + 1e-6


def measured(count: int = 8) -> tuple[Looks, np.ndarray, np.ndarray]:
    sketches, photos = pairs(12, SIZE)
    looks = Looks(count)
    looks.measure(sketches, photos)
    return looks, to_network(sketches), to_network(photos)


def test_the_look_of_a_changed_photo_is_that_of_the_photo():
    """What goes into a generator describes what it is to come near to."""
    looks, sketch, photo = measured()
    given, changed, target = looks.pairs(sketch, photo, keras.random.SeedGenerator(1))
    assert target is changed and given[0] is sketch
    code = np.asarray(given[1])
    assert code.shape == (12, 1, 1, 8) and np.abs(code).max() <= 1
    again = (np.asarray(describe(changed, drawn_cells(sketch))) - looks.mean) / looks.reach
    np.testing.assert_allclose(code[:, 0, 0, :6], again.clip(-1, 1), atol=1e-5)
    different = np.abs(np.asarray(changed) - photo).mean((1, 2, 3)) > 0.02
    assert 4 <= different.sum() <= 12
    spread = code[:, 0, 0, :6] - np.asarray(looks._code(describe(photo, drawn_cells(sketch))))
    assert np.abs(spread).max() > 0.2


def test_a_teachers_picture_is_given_the_look():
    looks, sketch, photo = measured()
    seed = keras.random.SeedGenerator(1)
    given, changed, target = looks.pairs(sketch, photo, seed, photo[::-1])
    assert target is not changed
    wanted = np.asarray(given[1])[:, 0, 0, :3]
    found = np.asarray(looks._code(describe(target, drawn_cells(sketch))))[:, :3]
    before = np.asarray(looks._code(describe(photo[::-1], drawn_cells(sketch))))[:, :3]
    assert np.abs(found - wanted).mean() < 0.5 * np.abs(before - wanted).mean()


def test_without_looks_nothing_is_changed():
    looks = Looks(0)
    looks.measure(*pairs(2, SIZE))
    sketch, photo = (to_network(x) for x in pairs(2, SIZE))
    seed = keras.random.SeedGenerator(1)
    before = np.asarray(seed.state.value)
    given, same, target = looks.pairs(sketch, photo, seed)
    assert given is sketch and same is photo and target is photo
    np.testing.assert_array_equal(np.asarray(seed.state.value), before)
    assert looks.about() == {}


@pytest.mark.parametrize("count", [1, 3, 6, 7, 8])
def test_fewer_bytes_say_less(count):
    looks, sketch, photo = measured(count)
    given, _, _ = looks.pairs(sketch, photo, keras.random.SeedGenerator(1))
    assert given[1].shape == (12, 1, 1, count)
    told = looks.about()["look"]
    assert told["names"] == list(NAMES[:count])
    assert len(told["mean"]) == len(told["step"]) == min(count, 6)
    assert all(len(each["look"]) == count for each in told["palette"])
    assert len(told["palette"]) >= 8


def test_the_middle_of_the_bytes_is_the_mean_of_the_photos():
    looks, _, _ = measured()
    assert looks.bytes_of(tuple(looks.mean)) == [128] * 8
    assert looks.bytes_of(tuple(looks.mean + 9))[:6] == [255] * 6


def test_the_page_describes_a_photo_as_training_does():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js on this machine to run the page's code with")
    photos = np.concatenate([pairs(3, SIZE)[1], plain((200, 100, 50))[None], ramp(1)[None]])
    told = measured()[0].about()["look"]
    code = (
        "import(process.argv[1]).then(({ describe, lookOf, meanLook }) => {"
        "const { photos, size, told } = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(photos.map((photo) => [describe(photo, size),"
        " Array.from(lookOf(photo, size, told, meanLook(8)))]))) })"
    )
    opaque = np.concatenate([photos, np.full_like(photos[..., :1], 255)], axis=-1)
    given = json.dumps(
        {"photos": opaque.reshape(len(photos), -1).tolist(), "size": SIZE, "told": told}
    )
    command = [node, "-e", code, (PAD / "look.js").as_uri()]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    looks = measured()[0]
    for photo, (values, bytes_) in zip(photos, json.loads(done.stdout), strict=True):
        ours = list(described(photo).values())
        np.testing.assert_allclose(values, ours, atol=2e-4)
        np.testing.assert_allclose(bytes_, looks.bytes_of(tuple(ours)), atol=1)
