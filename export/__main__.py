"""The command line: python -m export RUN BUNDLE, benchmark BUNDLE, and page SITE BUNDLE ..."""

import logging
import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from export.formats import FORMATS, GROUPS
from training import progress
from training.errors import UserError, cli
from training.keras_backend import check_backend
from training.library_output import shown_on_failure
from training.options import PictureSize
from training.transfer.bundle import CARD

if TYPE_CHECKING:
    Choice = str  # What is not written out is no type to a type checker.
else:
    Choice = Literal["all", *FORMATS, *GROUPS]


def export(
    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    bundle: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="BUNDLE")],
    formats: tuple[Choice, ...] = ("all",),
    data: Path | None = None,
    name: str | None = None,
    generator: str | None = None,
    look: str | None = None,
    size: tuple[PictureSize, ...] = (),
    title: str | None = None,
    author: str | None = None,
    licence: str | None = None,
) -> None:
    """Turn a trained run into a bundle of files that run anywhere, each compared with Keras.

    Args:
        run: run folder of `python -m training fit`, or a bundle with a float file to complete.
        bundle: folder to write; a bundle that is there is replaced once all files have passed.
        formats: which files to write; `web` adds the page that runs them in a browser, `onnx` is
            both files of that format.
        data: dataset folder for calibration and comparison; the run's own if not given.
        name: the bundle's name; the folder's if not given.
        generator: which of a run's generators, where it has several; the first if not given.
        look: bytes such as 12,200,128 (or a look's name in the run's card) to give every picture:
            the files then take a drawing alone.
        size: pixels of a picture, several at once if you like: 256 512 768x320 (width x height),
            multiples of 64; what it was trained at if not given. What is fully convolutional
            draws any. A bundle keeps the sizes that it has.
        title: what people call it, for the card; of a run only, as the next two.
        author: who made it, for the card.
        licence: licence of the photos it learned from, where the data says none or another one.
    """
    _convert_with_tensorflow()
    progress.step("load")
    with shown_on_failure("loading TensorFlow"):
        from export.bundle import export_bundle
        from export.card import measured, table
        from export.complete import complete_bundle
        from training.runs.folder import Run

    start = time.monotonic()
    said = {"title": title, "author": author, "licence": licence}
    words = {key: value for key, value in said.items() if value}
    if (run / "config.json").exists() or not (run / CARD).exists():
        opened = Run.open(run)
        card = export_bundle(opened, bundle, formats, data, name, generator, look, size, words)
    elif words:
        option = next(iter(words))
        raise UserError(f"--{option} is for a run, and {run} is a bundle: export it from its run")
    elif look is not None:
        raise UserError(f"--look is for a run, and {run} is a bundle: export it from its run")
    else:
        card = complete_bundle(run, bundle, formats, size)
    print(table(card))
    progress.tell("bundle", path=bundle, files=measured(card))
    count = sum(len(part["files"]) for part in (card, *card.get("sizes", ())))
    print(f"{bundle}: {count} files in {time.monotonic() - start:.0f} s")


def measure(bundle: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="BUNDLE")]) -> None:
    """Print size, load time, time a picture and memory of every TFLite and ONNX file of a bundle.

    Args:
        bundle: folder with a card.json.
    """
    from export.benchmark import benchmark, table

    print(table(benchmark(bundle)))


def page(
    site: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SITE")],
    bundles: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="BUNDLE")],
) -> None:
    """Write a page that runs several models in a browser, a tab for each.

    Args:
        site: folder to write, for any host of files; one that is there is replaced.
        bundles: folders with a card.json, in the order of their tabs.
    """
    _convert_with_tensorflow()
    progress.step("load")
    with shown_on_failure("loading TensorFlow"):
        from export.site import export_site

    if not bundles:
        raise UserError("name at least one bundle")
    print(f"{site}: a page of {', '.join(export_site(site, bundles))}")


def _convert_with_tensorflow() -> None:
    """Whatever trained the weights, TensorFlow converts them. Call before Keras is imported.

    Raises:
        UserError: it is not installed, or Keras could not be loaded.
    """
    if not find_spec("tensorflow"):
        raise UserError("export runs on TensorFlow, which is not installed here: install it")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    check_backend()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # It reports missing GPUs as errors.
    # It warns of networks that are traced one after another: each size is one.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


COMMANDS: dict[str, Callable[..., None]] = {"benchmark": measure, "page": page}


@cli
def main() -> None:
    """Run the command; Ctrl-C leaves an existing bundle as it was."""
    try:
        name = "".join(sys.argv[1:2])
        command, called = COMMANDS.get(name, export), f" {name}" if name in COMMANDS else ""
        path, rest = progress.asked(sys.argv[2 if called else 1 :])
        with progress.told_to(path, name if called else "export"):
            told = progress.described(command)
            tyro.cli(command, args=rest, prog=f"python -m export{called}", description=told)
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
