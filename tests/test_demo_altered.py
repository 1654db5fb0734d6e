"""Bundles of an adversary, or off a bad disk: refused in one line, or harmless."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demo import browser
from demo.cards import MAX_CARD, load_card
from demo.errors import UserError
from demo.latents import noise
from demo.serving import Models
from tests.demo_bundle import DIGITS, LATENT, write_bundle, write_latent_bundle

LONG = "a" * 5000
ODD: list[Any] = [
    *(None, True, -1, 0, 3, 2**70, 0.5, float("nan"), "", "0", LONG, "\ud800", "\0", "../x", "ñ"),
    *([], {}, [[]], [None], {"a": 1}, "/etc/passwd", "<img src=x onerror=alert(1)>", 4096, 10**9),
]


@pytest.fixture
def bundles(tmp_path: Path) -> list[Path]:
    digits = write_latent_bundle(tmp_path / "digits", "digits", DIGITS)
    return [write_bundle(tmp_path / "flowers"), digits]


def use(bundle: Path) -> bool:
    """Do all that a server does with a bundle; whether it was taken."""
    try:
        models = Models([bundle])
    except UserError as error:
        assert "\n" not in str(error) and len(str(error)) < 20_000
        return False
    for name, card in models.latents.items():
        models.sample(noise(0, LATENT), 0, name, next(iter(card.files)))
    browser.routes(models.cards)
    return True


def test_a_flipped_bit_is_refused_or_harmless(bundles):
    rng, taken = random.Random(5), 0
    for _ in range(1000):
        bundle = rng.choice(bundles)
        path = rng.choice([path for path in sorted(bundle.rglob("*")) if path.is_file()])
        content = path.read_bytes()
        changed = bytearray(content)
        changed[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        used = use(bundle)
        assert not used or path.suffix != ".tflite", "a damaged model was loaded"
        taken += used
        path.write_bytes(content)
    assert 0 < taken < 1000


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a card."""
    found = [path] if path else []
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += places(value[key], (*path, key))
    return found


def test_a_card_that_lies_is_refused_or_harmless(bundles):
    rng = random.Random(6)
    for bundle in bundles:
        text = (bundle / "card.json").read_text()
        for path in places(json.loads(text)):
            for lie in rng.sample(ODD, 6):
                card = part = json.loads(text)
                for key in path[:-1]:
                    part = part[key]
                part[path[-1]] = lie
                (bundle / "card.json").write_text(json.dumps(card))
                use(bundle)
        (bundle / "card.json").write_text(text)
        assert use(bundle)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b" " * (MAX_CARD + 1), "more than"),
        (b"[" * 100_000, "not JSON"),
        (b'{"schema": 1' + b"0" * 10_000 + b"}", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_what_is_no_card_is_refused_in_one_line(bundles, content, message):
    (bundles[0] / "card.json").write_bytes(content)
    with pytest.raises(UserError, match=message) as refused:
        load_card(bundles[0])
    assert "\n" not in str(refused.value)


def test_a_link_out_of_a_bundle_is_not_served(bundles, tmp_path):
    (tmp_path / "secret").write_text("private")
    (bundles[0] / "examples" / "0.png").symlink_to(tmp_path / "secret")
    (bundles[0] / "tfjs").mkdir()
    (bundles[0] / "tfjs" / "model.json").symlink_to("/etc/passwd")
    client = TestClient(Starlette(routes=browser.routes(Models(bundles).cards)))
    base = "/browser/bundles/flowers"
    assert client.get(f"{base}/examples/1-daisy.png").status_code == 200
    for path in ("examples/0.png", "tfjs/model.json"):
        assert client.get(f"{base}/{path}").status_code == 404
