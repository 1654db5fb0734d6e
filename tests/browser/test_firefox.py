"""The page in Firefox: it draws, and to the last count what Python draws."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from demo.bundles import load_generator
from tests.browser.conftest import EXPECTED, SCREENSHOTS
from tests.browser.embedding import ALLOW, PAGE
from tests.browser.page_bundles import PETALS, write_petals
from tests.export_networks import drawings, randomised
from tests.static_server import StaticServer
from training.networks.shuffle_unet import shuffle_unet

pytestmark = pytest.mark.release

HERE = Path(__file__).parent / "firefox"


@pytest.mark.timeout(400)
def test_firefox_draws_what_python_draws(tmp_path):
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if not firefox:
        pytest.skip("no Firefox on this machine; `make browser` installs it")
    if not (HERE / "node_modules" / "installed").exists():
        pytest.skip("nothing to drive Firefox with; `make node` installs it")
    SCREENSHOTS.mkdir(exist_ok=True)
    bundle = write_petals(randomised(shuffle_unet(PETALS, width=8)), tmp_path / "petals")
    sketches = drawings(16, PETALS)
    rgba = np.concatenate([sketches, np.full_like(sketches[..., :1], 255)], axis=-1)
    asked = {
        "kind": "litert",
        "size": PETALS,
        "drawings": base64.b64encode(rgba.tobytes()).decode(),
        "screenshot": str(SCREENSHOTS / "firefox.png"),
    }
    server = StaticServer(bundle, ALLOW)
    (tmp_path / "index.html").write_text(PAGE.format(lang="en", host=server.address))
    other = StaticServer(tmp_path)
    try:
        done = subprocess.run(
            ["node", str(HERE / "drive.js"), firefox, server.address, other.address],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=360,
            check=False,
        )
    finally:
        server.stop()
        other.stop()
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["embedded"].startswith("litert")
    assert told["engine"].startswith("litert") and told["version"].startswith("firefox")
    said = [line for line in told["said"] if line.startswith(("error", "warn"))]
    assert not [line for line in said if not EXPECTED.search(line)]
    found = np.frombuffer(base64.b64decode(told["drawn"]), np.uint8).reshape(rgba.shape)
    python = load_generator(bundle)
    expected = np.stack([python(sketch) for sketch in sketches])
    np.testing.assert_array_equal(found[..., :3], expected)
