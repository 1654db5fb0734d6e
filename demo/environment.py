"""Set what Gradio reads of the environment as soon as it is imported; import this before it.

A server asks nobody but itself, so proxies are out of its way. And its files lie in a folder of
this process's own, which goes when that ends: Gradio's folder, one for all on a machine, may belong
to somebody else.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from demo.errors import UserError


def _make_folder() -> Path:
    try:
        made = Path(tempfile.mkdtemp(prefix="garabato-")).resolve()
    except OSError as error:
        raise UserError(
            f"cannot make a temporary folder ({error}); make room, or name another place in TMPDIR"
        ) from None
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


FOLDER = _make_folder()  # Of uploads, and of the pictures that Gradio makes.
os.environ["GRADIO_TEMP_DIR"] = str(FOLDER)
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]
