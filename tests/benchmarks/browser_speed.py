"""Milliseconds a picture in a headless browser without a GPU, in one run.

    python -m tests.benchmarks.browser_speed [--bundle demo/models/flowers] [--pictures 30]

Every engine that runs here draws the same strokes through the page, one at a time: the median of
the whole way, from canvas pixels to painted picture, and of the engine's part of it. The U-Net of
the TensorFlow tutorial does the same on the same page, with untrained weights, in TensorFlow.js.
Shared machines vary: compare the ratios.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from export.bundle import write_bundle
from export.complete import complete_bundle
from tests.browser.conftest import QUIET
from tests.browser.pad import stroke, tool
from tests.static_server import StaticServer
from training.networks.normalization import BatchNorm, PictureNorm
from training.networks.unet import unet

SIZE = 256
WARM_UP = 3  # Pictures.
PATIENCE = 120_000  # ms for an engine to start.
SETTLE = 3_000  # ms after a stroke, so that nothing waits any more.
# The next picture's times come as a promise: a question every frame would take from what it times.
ARM = """(view, patience) => {
    window.painted = new Promise((done, fail) => {
        new MutationObserver((_, observer) => {
            observer.disconnect();
            done({ ...view.dataset });
        }).observe(view, { attributeFilter: ['data-network'] });
        setTimeout(() => fail(new Error('no picture came')), patience);
    });
    window.painted.catch(() => {});
}"""
SECONDS = 30  # Longest time for an engine, so that a slow one ends.


def foldable(network: keras.Model) -> keras.Model:
    """The same with plain BatchNorm, which goes into the convolutions: the fastest it can be."""

    def plain(layer: keras.layers.Layer) -> keras.layers.Layer:
        kind = BatchNorm if isinstance(layer, PictureNorm) else type(layer)
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(network, clone_function=plain)


def measure(page: Page, pictures: int) -> tuple[float, float]:
    """Median milliseconds a picture of the whole way and of the network, for one more stroke."""
    whole, network = [], []
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    page.wait_for_timeout(SETTLE)
    end = time.monotonic() + SECONDS
    for step in range(WARM_UP + pictures):
        page.locator(".view").evaluate(ARM, PATIENCE)
        # One change at a time, so that no picture waits for the one before it.
        if step % 2:
            tool(page, "Undo").click()
        else:
            tool(page, "Example 1").click()
        told = page.evaluate("window.painted")
        if step >= WARM_UP:
            whole.append(float(told["milliseconds"]))
            network.append(float(told["network"]))
        if whole and time.monotonic() > end:
            break
    return statistics.median(whole), statistics.median(network)


def visit(browser: Browser, folder: Path, pictures: int, title: str) -> float:
    """Print a line for every engine that runs the bundle in `folder`.

    Returns the megabytes that had travelled when the first of them was ready to draw.
    """
    server = StaticServer(folder)
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    page.goto(server.address)
    page.wait_for_selector(".studio[data-engine]", state="attached", timeout=PATIENCE)
    travelled = sum(size for _, size in server.sent) / 1e6
    kinds = page.locator(".engine option").evaluate_all("all => all.map(each => each.value)")
    for kind in kinds:
        page.select_option(".engine select", kind)
        try:
            page.wait_for_selector(
                f".studio[data-engine='{kind}']", state="attached", timeout=PATIENCE / 4
            )
        except TimeoutError:
            continue  # It does not run here; the page went on with the one that did.
        whole, network = measure(page, pictures)
        label = page.locator(f".engine option[value='{kind}']").inner_text()
        print(f"| {title} | {label} | {whole:.1f} | {network:.1f} |", flush=True)
    page.context.close()
    server.stop()
    return travelled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=Path("demo/models/flowers"))
    parser.add_argument("--pictures", type=int, default=30)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.exit("error: no Chromium on this machine; `make browser` installs it")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        ours, tutorial = Path(place, "ours"), Path(place, "tutorial")
        complete_bundle(options.bundle, ours, ["web"])
        about = {"name": "tutorial", "training": {}, "data": {}}
        sketch = {"sketch": np.zeros((1, SIZE, SIZE, 3), np.uint8)}
        keras.config.set_dtype_policy("float32")
        shutil.copytree(options.bundle / "examples", tutorial / "examples")
        (tutorial / "card.json").write_text("{}")  # A bundle of another day, which brings them.
        write_bundle(foldable(unet(SIZE)), tutorial, ("tfjs",), sketch, sketch, about, web=True)
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        print("| model | engine | whole way (ms) | engine (ms) |\n|---|---|---:|---:|")
        travelled = visit(browser, ours, options.pictures, options.bundle.name)
        visit(browser, tutorial, options.pictures, "U-Net of the tutorial")
        browser.close()
        print(f"Before the first picture {travelled:.1f} MB travel.")


if __name__ == "__main__":
    main()
