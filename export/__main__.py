"""The command line: python -m export RUN BUNDLE."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

import tyro

from training.errors import cli
from training.quiet import shown_on_failure

Choice = Literal[
    "all",
    "saved-model",
    "tflite-float32",
    "tflite-float16",
    "tflite-dynamic",
    "tflite-int8",
    "tfjs",
]


def export(
    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    bundle: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="BUNDLE")],
    formats: tuple[Choice, ...] = ("all",),
    data: Path | None = None,
    name: str | None = None,
) -> None:
    """Turn a trained run into a bundle of files that run anywhere, each compared with Keras.

    Args:
        run: run folder of `python -m training fit`.
        bundle: folder to write; a bundle that is there is replaced once all files have passed.
        formats: which files to write.
        data: dataset folder for calibration and comparison; the run's own if not given.
        name: the bundle's name; the folder's if not given.
    """
    # Whatever trained the weights, TensorFlow converts them. Before Keras is imported:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # It reports missing GPUs as errors.
    with shown_on_failure("loading TensorFlow"):
        from export.bundle import export_bundle
        from export.card import table
        from export.formats import FORMATS
        from training.runs import Run

    start = time.monotonic()
    keys = list(FORMATS) if "all" in formats else formats
    card = export_bundle(Run.open(run), bundle, keys, data, name)
    print(table(card))
    print(f"{bundle}: {len(card['files'])} files in {time.monotonic() - start:.0f} s")


@cli
def main() -> None:
    """Run the command; Ctrl-C leaves an existing bundle as it was."""
    try:
        tyro.cli(export, prog="python -m export")
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
