"""Every word that the page shows, in English and Spanish."""

import json
from pathlib import Path

_PATH = Path(__file__).with_name("texts.json")
# The page that runs without a server reads the same file.
TEXTS: dict[str, dict[str, str]] = json.loads(_PATH.read_text(encoding="utf-8"))
