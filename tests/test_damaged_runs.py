"""A run folder in which something is damaged or gone: one line that says what to do."""

import json
import shutil

import pytest

from tests.pictures import write_dataset
from tests.tiny_recipe import TINY
from training.errors import UserError
from training.evaluation.generators import Generator
from training.fit import FitOptions, describe, fit
from training.recipes import RECIPES
from training.runs.folder import Run, load_generator
from training.transfer.start import identify

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": TINY})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    place = tmp_path_factory.mktemp("data") / "flowers"
    return write_dataset(place, size=32, train=4, test=2)


def train(data, run, images=8, do=fit, **more):
    options = FitOptions(data, run, images, epoch_images=4, precision="float32")
    return do(TINY, options, name="tiny", **more)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "tiny", {"tiny": TINY})
        return train(data, tmp_path_factory.mktemp("trained") / "run", verbose=0)


@pytest.fixture
def run(trained, tmp_path):
    return Run.open(shutil.copytree(trained.folder, tmp_path / "run"))


def files_of(run):
    return {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("rest", ["the folder", "an empty folder"])
def test_trained_weights_without_a_checkpoint_are_not_overwritten(data, run, rest):
    shutil.rmtree(run.checkpoints)
    if rest == "an empty folder":
        run.checkpoints.mkdir()
    before = files_of(run)
    for do, more in ((fit, {"verbose": 0}), (describe, {})):
        with pytest.raises(UserError, match="no checkpoint to go on from.*--start .*run$"):
            train(data, run.folder, 12, do, **more)
    assert files_of(run) == before
    assert identify(run.folder)["name"] == "run", "they are what another may begin with"


def test_a_first_epoch_that_was_killed_as_it_was_written_begins_again(data, tmp_path):
    run = train(data, tmp_path / "run", 4, verbose=0)
    for path in run.checkpoints.iterdir():
        path.unlink()
    again = train(data, run.folder, 4, verbose=0)
    assert again.card == run.card | {"training": again.card["training"]}
    assert list(again.checkpoints.iterdir())


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"weights"', '{"weights": {}}', '{"weights": {"generator": 1}}', "\xff", "5"],
)
def test_a_damaged_card_is_one_line_with_the_way_on(data, run, content):
    card = run.folder / "card.json"
    whole = json.loads(card.read_text())
    if content.startswith('{"weights": '):
        content = json.dumps(whole | json.loads(content))
    card.write_text(content, encoding="latin-1")
    for use in (load_generator, lambda run: Generator.open(run.folder), lambda run: run.card):
        with pytest.raises(UserError, match=r"card\.json is damaged: its checkpoint.*--images"):
            use(run)
    with pytest.raises(UserError, match=r"card\.json is damaged"):
        identify(run.folder)
    shutil.move(run.checkpoints, run.folder / "away")
    with pytest.raises(UserError, match=r"card\.json is damaged: get the run folder again"):
        load_generator(run)


def test_one_more_epoch_writes_a_damaged_card_and_cut_weights_again(data, run):
    weights = run.weights("generator")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match="does not match its card: .*; its checkpoint.*--minutes"):
        load_generator(run)
    (run.folder / "card.json").write_text("{}")
    train(data, run.folder, 12, verbose=0)
    assert load_generator(run).name == "generator"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in ("options", "seed", "size", "data", "epoch_images", "recipe")),
        *(("seed", -1), ("seed", "x"), ("size", -64), ("epoch_images", 0), ("data", {})),
        *(("options", []), ("start", 5)),
    ],
)
def test_a_configuration_that_lacks_something_is_one_line(data, run, name, value):
    path = run.folder / "config.json"
    config = json.loads(path.read_text())
    if value is None:
        del config[name]
    else:
        config[name] = value
    path.write_text(json.dumps(config))
    told = f"config.json is damaged: {name} is missing, or .*; get the run folder again"
    with pytest.raises(UserError, match=told):
        Run.open(run.folder)
    with pytest.raises(UserError, match=told):
        train(data, run.folder, do=describe)
