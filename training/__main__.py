"""The command line: python -m training prepare | fit | preview | evaluate | devices."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

import tyro

from training import progress
from training.errors import UserError, cli
from training.keras_backend import loading_keras
from training.typed import typed

Returned = TypeVar("Returned")

SUMMARY = """\
usage: python -m training COMMAND ...

  prepare PHOTOS DATASET         derive a sketch from every photo of a folder
  fit RECIPE --data D --run R    train, or go on training
  preview RUN                    a sheet of held-out sketches and what a run makes of them
  evaluate RUN                   measure it on held-out pairs, and on drawings
  devices                        what would train here, and how fast it is

preview and evaluate also take an exported .tflite file.

Each has its own --help, and takes --progress FILE, for programs: it appends to FILE how far the
command is, one JSON object a line (training/progress.py says what is in them).
KERAS_BACKEND=jax trains on JAX, tensorflow (the default) on TensorFlow."""


@cli
def main() -> None:
    """Run the command that is named first."""
    # TensorFlow reports missing GPUs as errors, and optimisations that do not apply.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    commands = {
        "prepare": _prepare,
        "fit": _fit,
        "preview": _preview,
        "evaluate": _evaluate,
        "devices": _devices,
    }
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(SUMMARY)
    elif name in commands:
        # A command imports what it needs when it runs: `prepare` does without a backend.
        path, rest = progress.asked(arguments)
        with progress.told_to(path, name):
            progress.step("load")
            commands[name](rest)
    else:
        raise UserError(f"unknown command {name!r}; there are {', '.join(commands)}")


def _prepare(arguments: list[str]) -> None:
    from training.data import found
    from training.prepare.prepare import prepare

    info = _called(prepare, arguments)
    if info["plants"] and not any(told.split("=")[0] == "--plants" for told in arguments):
        print("green photos: sketches have leaves and stems; --plants no draws none")
    left_out = found.told(Counter(info["left_out"]))
    told = [
        " and ".join(f"{count:,} {split}" for split, count in info["counts"].items()) + " pairs",
        f"{info['removed']:,} removed whose picture is gone" if info["removed"] else "",
        f"{len(info['skipped']):,} pictures skipped",
        f"left out: {left_out}" if left_out else "",
        f"{info['empty']:,} drawings look empty" if info["empty"] else "",
        f"{info['alike']:,} photos nearly the same as others" if info["alike"] else "",
    ]
    print(f"{', '.join(filter(None, told))}; see sheet.png in the dataset")
    for path, reason in info["skipped"].items():
        print(f"  skipped {path}: {reason}", file=sys.stderr)


def _fit(arguments: list[str]) -> None:
    with loading_keras():
        from training.data.known import SOURCES
        from training.fit import FitOptions, describe, fit
        from training.recipes import RECIPES
        from training.runs.batch import with_auto

    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print("usage: python -m training fit RECIPE --data DATASET --run RUN [OPTIONS]\n")
        for recipe, presets in RECIPES.items():
            task = next(iter(presets.values())).task
            print(f"  {recipe:12} {task:15} presets: {', '.join(presets)}")
        print(f"\nDATASET: a folder, or for all but pix2pix one of {', '.join(SOURCES)}.")
        print("fit RECIPE --help lists a recipe's options.")
        return
    if name not in RECIPES:
        raise UserError(f"unknown recipe {name!r}; there are {', '.join(RECIPES)}")
    presets = RECIPES[name]

    # First of all, as it decides the defaults that --help shows.
    def choose(preset: str = next(iter(presets))) -> str:
        return preset

    chosen, rest = tyro.cli(choose, args=rest, return_unknown_args=True, add_help=False)
    if chosen not in presets:
        raise UserError(f"unknown preset {chosen!r}; there are {', '.join(presets)}")

    kind = type(presets[chosen])

    def command(
        options: FitOptions,
        recipe: tyro.conf.FlagConversionOff[kind] = presets[chosen],  # type: ignore[valid-type]
        preset: Literal[*presets] = chosen,  # type: ignore[valid-type]
        dry_run: bool = False,
    ) -> None:
        """Train; started again on the same run folder, go on from its last checkpoint.

        Args:
            options: What every training needs.
            recipe: Options of this recipe.
            preset: Where the recipe's defaults come from; single options override it.
            dry_run: Print the configuration and the networks with their sizes, and train nothing.
        """
        wanted = with_auto(recipe, presets[chosen])
        if dry_run:
            print(describe(wanted, options, name=name))
            return
        # In a file a bar is a line a step: hundreds of megabytes in a night.
        run = fit(wanted, options, name=name, verbose="auto" if sys.stdout.isatty() else 2)
        if run.samples.exists():  # Of several machines the first has them.
            _tell(run.folder, max(run.samples.glob("[0-9]*.png"), default=run.samples))

    tyro.cli(
        command,
        args=rest,
        prog=f"python -m training fit {name}",
        description=progress.described(command),
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
    )


def _tell(run: Path, sheet: Path) -> None:
    """End honestly: how near it came, where to look, what to type next."""
    from training.evaluation.evaluate import how_near, told_nearness
    from training.evaluation.generators import Generator

    near = how_near(Generator.open(run))
    if near:
        print(told_nearness(near))
        progress.tell("measured", measures=[near])
    progress.remind()
    bundle = Path("bundles") / run.name
    print(f"look at {sheet}, then: {typed('export', run, bundle)}")


def _preview(arguments: list[str]) -> None:
    with loading_keras():
        from training.evaluation.preview import preview

    print(_called(preview, arguments))


def _evaluate(arguments: list[str]) -> None:
    with loading_keras():
        from training.evaluation.evaluate import report

    _called(report, arguments, "evaluate")


def _called(function: Callable[..., Returned], arguments: list[str], name: str = "") -> Returned:
    """Call a function with what was typed; it is what the command of its name, or `name`, does."""
    told = progress.described(function)
    prog = f"python -m training {name or function.__name__}"
    return tyro.cli(function, args=arguments, prog=prog, description=told)


def _devices(arguments: list[str]) -> None:
    with loading_keras():
        from training.device import report

    print(_called(report, arguments, "devices"))


if __name__ == "__main__":
    main()
