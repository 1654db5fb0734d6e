"""What `prepare` takes: plants or other things, one drawing or several, sets by their names."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.prepared import SIZE, contents, photo, places, run
from training.data import known
from training.data.emoji import no_thing
from training.data.known import Source
from training.errors import UserError
from training.prepare.sources import AGAIN


def coat(path, colour, ground, seed=0):
    """A coat's shape before a ground of one colour with a little noise."""
    noise = np.random.default_rng(seed).normal(0, 6, (96, 96, 3))
    pixels = np.full((96, 96, 3), ground, float) + noise
    pixels[20:80, 30:66] = colour
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)


@pytest.mark.parametrize("ground, plants", [((60, 130, 50), True), ((150, 140, 135), False)])
def test_leaves_and_stems_are_drawn_where_photos_are_green(tmp_path, ground, plants):
    for number in range(6):
        coat(tmp_path / "photos" / f"{number}.png", (200, 40, 120), ground, number)
    assert run(tmp_path / "photos", tmp_path / "out")["plants"] is plants
    # What was decided once holds for what is added, whatever that is.
    for number in range(30):
        coat(tmp_path / "photos" / f"more{number}.png", (200, 40, 120), ground[::-1], number)
    assert run(tmp_path / "photos", tmp_path / "out")["plants"] is plants
    other = run(tmp_path / "photos", tmp_path / "told", plants="no" if plants else "yes")
    assert other["plants"] is not plants


def test_several_drawings_of_a_photo_are_all_to_train_on(tmp_path):
    for number in range(8):
        photo(tmp_path / "photos" / f"{number}.png", number)
    once = run(tmp_path / "photos", tmp_path / "out")
    before = contents(tmp_path / "out")
    info = run(tmp_path / "photos", tmp_path / "out", drawings=3)
    train, test = once["counts"].values()
    assert info["counts"] == {"train": 3 * train, "test": test} and info["photos"] == 8
    after = contents(tmp_path / "out")
    pairs = {name for name in before if name.endswith(".jpg")}
    assert all(after[name] == before[name] for name in pairs), "the first drawing stays"
    inputs = {content for name, content in after.items() if re.search(r"train/input/", name)}
    assert len(inputs) == 3 * train, "each drawing is another"
    held_out = {source for source, place in places(tmp_path / "out").items() if place[0] == "test"}
    assert len(held_out) == test and not any(AGAIN in source for source in held_out)
    assert run(tmp_path / "photos", tmp_path / "out")["counts"] == once["counts"]
    assert contents(tmp_path / "out").keys() == before.keys()


@pytest.mark.parametrize("count", [2, 3])
def test_no_drawing_of_a_held_out_photo_is_trained_on(tmp_path, count):
    for number in range(count):
        photo(tmp_path / "photos" / f"{number}.png", number)
    info = run(tmp_path / "photos", tmp_path / "out", drawings=4, test_share=0.001)
    assert info["counts"] == {"train": 4 * (count - 1), "test": 1}
    assert run(tmp_path / "photos", tmp_path / "out", drawings=4, test_share=0.001) == info
    [held_out] = [s for s, place in places(tmp_path / "out").items() if place[0] == "test"]
    assert not any(source.startswith(held_out + AGAIN) for source in places(tmp_path / "out"))


def test_a_photo_that_cannot_be_read_is_named_once(tmp_path):
    photo(tmp_path / "photos" / "good.png", 0)
    (tmp_path / "photos" / "bad.png").write_bytes(b"no picture")
    info = run(tmp_path / "photos", tmp_path / "out", drawings=3)
    assert list(info["skipped"]) == ["bad.png"]


def test_a_set_is_known_by_its_name_with_licence_and_what_is_left_out(tmp_path, monkeypatch):
    for name in ("1f408", "0031-fe0f-20e3", "1f697"):
        photo(tmp_path / "set" / f"{name}.png", 1)
    source = Source("Drawn set", "CC0", "nowhere", {}, 0, unwanted=no_thing)
    monkeypatch.setitem(known.SOURCES, "drawn-set", source)
    monkeypatch.setattr("training.data.downloads.locate", lambda name: tmp_path / "set")
    monkeypatch.chdir(tmp_path)
    info = run(Path("drawn-set"), tmp_path / "out")
    assert (info["name"], info["licence"], info["source"]) == ("Drawn set", "CC0", "drawn-set")
    assert sorted(places(tmp_path / "out")) == ["1f408.png", "1f697.png"]
    assert info["left_out"] == {"letters, signs, variants and what is not open": 1}


def test_transparent_pictures_stand_in_a_studio(tmp_path):
    image = Image.new("RGBA", (64, 64))
    image.paste((200, 30, 40, 255), (16, 16, 48, 48))
    for number in range(3):
        (tmp_path / "things").mkdir(exist_ok=True)
        image.save(tmp_path / "things" / f"{number}.png")
    run(tmp_path / "things", tmp_path / "out", background="studio")
    for split, name in places(tmp_path / "out").values():
        with Image.open(tmp_path / "out" / split / "target" / name) as target:
            pixels = np.asarray(target)
        assert pixels[0, 0].min() > 230 and pixels.shape == (SIZE, SIZE, 3)


def test_loose_photos_beside_a_split_are_one_kind(tmp_path):
    for name in ("train/a.png", "train/b.png", "test/a.png", "more/a.png"):
        photo(tmp_path / "photos" / name, 1)
    for number in range(30):
        photo(tmp_path / "photos" / f"IMG_{number:04}.png", number)
    info = run(tmp_path / "photos", tmp_path / "out")
    assert info["counts"] == {"train": 2, "test": 1}
    assert info["left_out"] == {"beside train and test": 30, "in more": 1}


def test_pairs_that_are_taken_as_photos_are_told(tmp_path, capsys):
    for number, part in enumerate(("train", "train", "val", "val")):
        name = f"{number}.png"
        photo(tmp_path / "wide" / part / name, number, (96, 48))
        photo(tmp_path / "sides" / part / "input" / name, number)
        photo(tmp_path / "sides" / part / "target" / name, number)
        both = Image.new("RGB", (96, 48), (number, 200, 90))
        both.paste((150, number, 30), (48, 0, 96, 48))
        (tmp_path / "maps" / part).mkdir(parents=True, exist_ok=True)
        both.save(tmp_path / "maps" / part / name)
    for folder, layout in (("wide", None), ("sides", "pairs"), ("maps", "ab")):
        run(tmp_path / folder, tmp_path / f"of-{folder}")
        told = [line for line in capsys.readouterr().err.splitlines() if "warning: " in line]
        assert len(told) == (layout is not None)
        assert layout is None or told[0].endswith(f"if it holds pairs, give --layout {layout}")


def test_links_that_lead_to_themselves_are_skipped_or_refused(tmp_path):
    for number in range(3):
        photo(tmp_path / "photos" / f"{number}.png", number)
    (tmp_path / "photos" / "self.jpg").symlink_to("self.jpg")
    info = run(tmp_path / "photos", tmp_path / "out")
    assert info["photos"] == 3 and "symbolic links" in info["skipped"]["self.jpg"]
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError, match="cannot write"):
        run(tmp_path / "photos", tmp_path / "loop")


@pytest.mark.parametrize(
    "name, left_out",
    [
        ("1f408", False),  # cat
        ("2615", False),  # hot beverage
        ("1f9d1-200d-1f33e", False),  # farmer
        ("1f469-200d-1f33e", False),  # a woman who is a farmer, which begins with the woman
        ("1f9d1-1f3fb-200d-1f33e", True),  # the same, with a skin tone
        ("1f3c3-200d-2640-fe0f", True),  # woman running, beside the person running
        ("1f1fa-1f1fe", True),  # flag
        ("1f3f4-200d-2620-fe0f", True),  # pirate flag
        ("0031-fe0f-20e3", True),  # keycap
        ("1f170-fe0f", True),  # letter
        *((name, True) for name in ("1f4ce", "1f3ae", "1f9d1-200d-1f4bb")),  # Not open source:
        *((f"{who}-200d-1f4bb", True) for who in ("1f468", "1f469")),  # clip, game, technologists
        ("1f3ae-fe0f", True),  # the same game, said to be a picture
        ("1f554", True),  # clock, five
        ("1f550", False),  # clock, one
        ("27a1-fe0f", True),  # arrow
        ("1f499", False),  # blue heart
        ("2708-fe0f", False),  # airplane
        ("1f468-200d-1f469-200d-1f466", True),  # family
    ],
)
def test_emoji_that_show_no_thing_are_left_out(name, left_out):
    assert no_thing(name) is left_out
