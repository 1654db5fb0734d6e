"""The head of a bundle's README: what a model hub reads of it, as YAML."""

import re
from typing import Any

import yaml

from export.formats import FORMATS
from training.networks.inputs import IMAGE_TO_IMAGE
from training.transfer.bundle import sources

# By module of `FORMATS`, the library's name at the hub.
LIBRARIES = {
    "tflite": "litert",
    "onnx": "onnx",
    "saved_model": "tensorflow",
    "tfjs": "tensorflow.js",
}

# What the hub has a word for; other licences have a name only.
LICENCES = {
    *("apache-2.0", "bsd-3-clause", "cc0-1.0", "gpl-3.0", "mit", "unknown"),
    *(f"cc-by-{version}" for version in ("2.0", "2.5", "3.0", "4.0")),
    *(f"cc-by-{kind}-{version}" for kind in ("nc", "sa") for version in ("3.0", "4.0")),
}


def front_matter(card: dict[str, Any]) -> str:
    """What a hub lists a bundle by, with the lines that mark its beginning and end.

    The licence is that of the data, as nobody says another one, and that of what it began with had
    learned from, if that is another. The metrics are those of the files against Keras. Names are
    anybody's: the writer quotes what YAML would take for something else.
    """
    learned_from = sources(card)
    source = learned_from[0]["name"]
    licence = " and ".join(dict.fromkeys(each["licence"] for each in learned_from))
    image = card["task"] == IMAGE_TO_IMAGE
    task = "image-to-image" if image else "unconditional-image-generation"
    modules = [FORMATS[key].module for key in FORMATS if key in card["files"]]
    libraries = list(dict.fromkeys(LIBRARIES[module] for module in sorted(modules, reverse=True)))
    metrics = [
        {"type": "psnr", "value": entry["psnr"], "name": f"PSNR of {key} to Keras, dB"}
        for key, entry in card["parity"].items()
    ]
    dataset = {"name": source, "type": _word(source)}
    told = {
        "pipeline_tag": task,
        "library_name": libraries[0] if libraries else "keras",
        **_licence(licence),
        "datasets": [each["name"] for each in learned_from],
        "metrics": ["psnr"],
        "tags": ["garabato", _word(str(card["training"].get("recipe", "unknown"))), *libraries],
        "model-index": [
            {
                "name": card["name"],
                "results": [{"task": {"type": task}, "dataset": dataset, "metrics": metrics}],
            }
        ],
    }
    return f"---\n{yaml.safe_dump(told, sort_keys=False, allow_unicode=True)}---\n"


def _licence(licence: str) -> dict[str, str]:
    word = _word(licence)
    if word.startswith("unknown"):  # And maybe more about it.
        word = "unknown"
    if word in LICENCES:
        return {"license": word}
    return {"license": "other", "license_name": word, "license_link": "README.md"}


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "unknown"
