"""The command line: python -m training prepare | fit | preview | evaluate."""

import os
import sys
from pathlib import Path
from typing import Literal

import tyro

# TensorFlow's start-up notes would bury the progress bar; its warnings still come through.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.errors import UserError, cli

SUMMARY = """\
usage: python -m training COMMAND ...

  prepare PHOTOS DATASET         derive a sketch from every photo of a folder
  fit RECIPE --data D --run R    train, or go on training
  preview RUN                    draw held-out sketches with what a run has learned
  evaluate RUN                   measure it on held-out pairs

Each has its own --help. KERAS_BACKEND=jax trains on JAX, tensorflow (the default) on TensorFlow."""


@cli
def main() -> None:
    """Run the command that is named first."""
    commands = {"prepare": _prepare, "fit": _fit, "preview": _preview, "evaluate": _evaluate}
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(SUMMARY)
    elif name in commands:
        # A command imports what it needs when it runs: `prepare` does without a backend.
        commands[name](arguments)
    else:
        raise UserError(f"unknown command {name!r}; there are {', '.join(commands)}")


def _prepare(arguments: list[str]) -> None:
    from training.prepare import Layout, prepare

    def command(
        photos: tyro.conf.Positional[Path],
        dataset: tyro.conf.Positional[Path],
        size: int = 256,
        sketch: str = "mixed",
        seed: int = 0,
        layout: Layout = "photos",
        test_share: float = 0.05,
        name: str | None = None,
        licence: str = "unknown",
        processes: int | None = None,
    ) -> None:
        """Make or complete a dataset folder of (sketch, photo) pairs; does no work twice.

        Args:
            photos: Folder of JPEG, PNG or WebP photos, sub-folders too.
            dataset: Dataset folder to write.
            size: Side of the square pictures, in pixels.
            sketch: How a sketch is derived: blobs, outline or mixed.
            seed: Decides the split and every random draw.
            layout: photos derives sketches; pairs reads input/ and target/ with equal names;
                ab and ba read side-by-side images, input left or right.
            test_share: Share of the photos that are held out.
            name: What the data is called; the folder's name if not given.
            licence: Under which licence the photos are.
            processes: Processes at work; one a core if not given.
        """
        info = prepare(
            photos, dataset, size, sketch, seed, layout, test_share, name, licence, processes
        )
        counts = ", ".join(f"{count:,} {split}" for split, count in info["counts"].items())
        print(f"{dataset}: {counts} pairs; {len(info['skipped'])} skipped; see {dataset}/sheet.png")
        for path, reason in info["skipped"].items():
            print(f"  skipped {path}: {reason}", file=sys.stderr)

    tyro.cli(command, args=arguments, prog="python -m training prepare")


def _fit(arguments: list[str]) -> None:
    from training.recipes import RECIPES

    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print("usage: python -m training fit RECIPE --data DATASET --run RUN [OPTIONS]\n")
        for recipe, presets in RECIPES.items():
            print(f"  {recipe:12} presets: {', '.join(presets)}")
        print("\npython -m training fit RECIPE --help lists a recipe's options.")
        return
    if name not in RECIPES:
        raise UserError(f"unknown recipe {name!r}; there are {', '.join(RECIPES)}")
    presets = RECIPES[name]
    chosen = _preset(rest, presets)

    from training.fit import FitOptions, fit

    def command(
        options: FitOptions,
        recipe: type(presets[chosen]) = presets[chosen],  # type: ignore[valid-type]
        preset: Literal[*presets] = chosen,  # type: ignore[valid-type]
    ) -> None:
        """Train; started again on the same run folder, go on from its last checkpoint.

        Args:
            options: What every training needs.
            recipe: Options of this recipe.
            preset: Where the recipe's defaults come from; single options override it.
        """
        run = fit(recipe, options, name=name)
        print(f"{run.folder}: see {run.samples}, then: python -m export {run.folder} BUNDLE")

    tyro.cli(
        command,
        args=rest,
        prog=f"python -m training fit {name}",
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagConversionOff),
    )


def _preset(arguments: list[str], presets: dict) -> str:
    """Find the preset before anything is parsed: it decides the defaults that --help shows."""
    chosen = next(iter(presets))
    for index, argument in enumerate(arguments):
        if argument == "--preset" and index + 1 < len(arguments):
            chosen = arguments[index + 1]
        elif argument.startswith("--preset="):
            chosen = argument.removeprefix("--preset=")
    if chosen not in presets:
        raise UserError(f"unknown preset {chosen!r}; there are {', '.join(presets)}")
    return chosen


def _preview(arguments: list[str]) -> None:
    from training.preview import preview

    def command(
        run: tyro.conf.Positional[Path],
        out: Path | None = None,
        data: Path | None = None,
        count: int = 12,
    ) -> None:
        """Draw a sheet of held-out sketches, drawings and photos.

        Args:
            run: Run folder.
            out: Picture to write; preview.png in the run folder if not given.
            data: Dataset folder; the run's own if not given.
            count: How many sketches: at equal distances over the held-out ones, unpicked.
        """
        print(preview(run, out, data, count))

    tyro.cli(command, args=arguments, prog="python -m training preview")


def _evaluate(arguments: list[str]) -> None:
    from training.evaluate import report

    tyro.cli(report, args=arguments, prog="python -m training evaluate")


if __name__ == "__main__":
    main()
