"""The sketchpad below a path of another server, as a reverse proxy or a hosted space serves it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from tests.browser.pad import color_at, expect_server, is_near, settled, stroke
from tests.demo_bundle import SIZE, write_bundle
from tests.demo_server import serve
from tests.reverse_proxy import behind_a_proxy

pytestmark = pytest.mark.slow

PREFIX = "/rooms/garabato"
PINK_ANSWER = (154, 57, 224)  # The tiny model swaps red and blue.


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bundle = write_bundle(tmp_path_factory.mktemp("bundles") / "one")
    with (
        serve(bundle, GRADIO_ROOT_PATH=PREFIX) as (behind, _),
        behind_a_proxy(behind, PREFIX) as address,
    ):
        yield address


def test_drawing_makes_pictures_and_asks_for_nothing_elsewhere(page):
    stroke(page, (0.2, 0.3), (0.8, 0.3))
    settled(page)
    assert is_near(color_at(page, 0.5, 0.3), PINK_ANSWER)
    expect_server(page, "int8")


def test_a_program_gets_its_picture(address, tmp_path):
    drawing = tmp_path / "drawing.png"
    Image.fromarray(np.full((SIZE, SIZE, 3), (200, 100, 0), np.uint8)).save(drawing)
    client = Client(address, verbose=False, download_files=tmp_path)
    picture = Path(client.predict(handle_file(drawing), api_name="/generate"))
    client.close()
    with Image.open(picture) as image:
        assert is_near(np.asarray(image.convert("RGB"))[32, 32], (0, 100, 200))
