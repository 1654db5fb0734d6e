"""Options out of their range are refused by name, before any work is done."""

import dataclasses
import typing

import pytest

from tests.pictures import write_dataset
from training.__main__ import main
from training.errors import UserError
from training.options import Options, Within, _taken_apart
from training.recipes import RECIPES, recipe_from

PRESETS = [(name, preset) for name, presets in RECIPES.items() for preset in presets.values()]


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_every_preset_is_within_its_ranges(name, preset):
    preset.check()


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_every_number_has_a_range_and_is_refused_beyond_it(name, preset):
    hints = typing.get_type_hints(type(preset), include_extras=True)
    for field in dataclasses.fields(preset):
        kind, bounds = _taken_apart(hints[field.name])
        if kind not in (int, float):
            continue
        assert isinstance(bounds, Within), f"{name}: {field.name} has no range"
        flag = f"--{field.name.replace('_', '-')}"
        for wrong in (bounds.least - 1, float("nan"), float("inf"), True, "7", None):
            with pytest.raises(UserError, match=f"{flag} .*: expected"):
                dataclasses.replace(preset, **{field.name: wrong}).check()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pix2pix", {"batch": 0}, "--batch 0: expected a whole number, 1 to 65536"),
        ("pix2pix", {"ema": 1.5}, "--ema 1.5: expected 0 to 1"),
        ("pix2pix", {"ema": 1.0}, "--ema 1.0: expected"),
        ("pix2pix", {"halving": -5}, "--halving -5: expected a whole number, 0 or more"),
        ("pix2pix", {"width": 0}, "--width 0: expected"),
        ("pix2pix", {"shift": 1.5}, "--shift 1.5: expected 0 to 1"),
        ("pix2pix", {"zoom_min": 0.5}, "--zoom-min 0.5: expected --zoom-max, 0.15, or less"),
        ("pix2pix", {"learning_rate": 0.0}, "--learning-rate 0.0: expected more than 0"),
        ("pix2pix", {"generator": "gpt"}, "--generator gpt: expected slim_unet or"),
        ("cyclegan", {"batch": 64}, "--batch 64: expected a whole number, 1 to 50"),
        ("progressive", {"phase_images": 0}, "--phase-images 0: expected"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_options_own_words(name, options, message):
    first = next(iter(RECIPES[name].values()))
    with pytest.raises(UserError, match=message):
        dataclasses.replace(first, **options).check()


@pytest.mark.parametrize(
    "config",
    [
        {"recipe": "pix2pix", "options": {"width": "x"}},
        {"recipe": "pix2pix", "options": {"width": 10**12}},
        {"recipe": "pix2pix", "options": {"flip": 3}},
        {"recipe": "pix2pix", "options": {"nothing": 3}},
        {"recipe": "cyclegan", "options": {"kinds": [1, 2]}},
        {"recipe": "pix2pix", "options": []},
        {"recipe": ["pix2pix"], "options": {}},
        {"recipe": "pix3pix", "options": {}},
        {},
    ],
)
def test_options_that_somebody_wrote_into_a_card_are_checked(config):
    with pytest.raises(UserError):
        recipe_from(config)


def test_an_option_of_a_kind_that_nobody_checks_is_our_own_mistake():
    @dataclasses.dataclass(frozen=True)
    class Strange(Options):
        names: list[int] = dataclasses.field(default_factory=list)

    with pytest.raises(TypeError, match="no check for options of type"):
        Strange().check()


def command(monkeypatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["training", "fit", *map(str, arguments)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_a_dry_run_tells_what_would_be_trained_and_writes_nothing(tmp_path, monkeypatch, capsys):
    data = write_dataset(tmp_path / "data", train=2, test=1, size=64)
    run = tmp_path / "run"
    told = ["pix2pix", "--data", data, "--run", run, "--width", 8, "--dry-run"]
    told += ["--squeezenet", "none"]
    assert command(monkeypatch, *told) == 0
    out, _ = capsys.readouterr()
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert lines["width"].split()[1] == "8" and "2 to train on, 1 held out" in lines["data"]
    assert "parameters" in lines["generator"] or "parameters" in out
    assert not run.exists()


def test_a_preset_decides_the_defaults_wherever_it_stands(tmp_path, monkeypatch, capsys):
    data = write_dataset(tmp_path / "data", train=2, test=1, size=64)
    paths = ["--data", data, "--run", tmp_path / "run", "--dry-run", "--width", 4]
    for told in (["--preset", "paper", *paths], [*paths, "--preset=paper"]):
        assert command(monkeypatch, "pix2pix", *told) == 0
        out, err = capsys.readouterr()
        lines = {line.split()[0]: line.split()[1] for line in out.splitlines() if line.strip()}
        assert (lines["l1"], lines["adversarial"], lines["width"]) == ("100.0", "bce", "4")
        assert "squeezenet" not in err, "paper has no perceptual loss to miss"
    assert command(monkeypatch, "pix2pix", "--preset", "best", *paths) == 2
    assert "unknown preset 'best'; there are fast, paper" in capsys.readouterr().err


def test_what_is_out_of_range_is_told_before_the_data_is_opened(tmp_path, monkeypatch, capsys):
    told = ["--data", tmp_path / "nowhere", "--run", tmp_path / "run", "--batch", 0]
    assert command(monkeypatch, "pix2pix", *told) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: --batch 0: expected")
