"""What so many photos and so many minutes give: a row of the table that a newcomer plans by.

    python -m tests.benchmarks.planning PHOTOS --count 200 --minutes 60 --features FEATURES.tflite

Does what a newcomer does, with nothing but the defaults: `prepare` of some of the photos, `fit
--minutes`, and then `evaluate` on other photos of the same folder, and a sheet of them. What is
made is kept, so that a row that was cut short goes on.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import tyro

from training.data.known import SOURCES
from training.prepare.prepare import located
from training.prepare.sources import find_sources

OTHERS = 180  # Photos that nothing was learned from.


def row(
    photos: tyro.conf.Positional[Path],
    /,
    *,
    count: int = 200,
    minutes: float = 60.0,
    features: Path,
    work: Path = Path("build/planning"),
    background: str | None = None,
    start: Path | None = None,
) -> None:
    """Train and measure, and print a row of a Markdown table.

    Args:
        photos: Folder of photos, or a dataset's name.
        count: How many of them to learn from: at random, the same every time.
        minutes: How long to train.
        features: Feature network (.tflite) that KID compares pictures by.
        work: Folder for what is made: a dataset, a run and a sheet a row.
        background: What `prepare` lays behind transparent pictures.
        start: What `fit` begins with, instead of what it chooses.
    """
    paths, subject = _listed(photos), photos.resolve().name
    name = f"{subject}-{count}-{minutes:g}" + (f"-{start.stem}" if start else "")
    chosen = [paths[place] for place in np.random.default_rng(0).permutation(len(paths))]
    ground = ["--background", background] if background else []
    learned, others = work / f"{subject}-{count}", work / f"{subject}-others"
    _prepare(chosen[OTHERS : OTHERS + count], learned, *ground)
    _prepare(chosen[:OTHERS], others, "--test-share", "0.99", *ground)
    begin = ["--start", str(start)] if start else []
    data = ["--data", str(learned), "--run", str(work / name)]
    _run("training", "fit", "pix2pix", *data, "--minutes", f"{minutes:g}", *begin)
    measures = work / f"{name}.json"
    others_of = [str(work / name), "--data", str(others)]
    _run("training", "evaluate", *others_of, "--features", str(features), "--json", str(measures))
    _run("training", "preview", *others_of, "--out", str(work / f"{name}.png"))
    large, small = json.loads(measures.read_text())["measures"][:2]
    trained = json.loads((work / name / "card.json").read_text())["training"]
    print("| photos | of | minutes | it took | images | share, full size | share, 64 px |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    shares = " | ".join(f"{each['kid_share']:.3f}" for each in (large, small))
    took, images = trained["seconds"] / 60, trained["images_seen"]
    print(f"| {subject} | {count} | {minutes:g} | {took:.0f} | {images:,} | {shares} |")


def _listed(photos: Path) -> list[Path]:
    """The pictures of a folder, or of a dataset known by name, in an order that stays."""
    folder = located(photos)
    named = str(photos) if str(photos) in SOURCES else ""
    return sorted(
        folder / files[0]
        for files in find_sources(folder, Path("-"), "photos", named).files.values()
    )


def _prepare(photos: list[Path], dataset: Path, *options: str) -> None:
    """Prepare photos, from a folder of links to them."""
    linked = dataset.with_name(f"{dataset.name}-photos")
    shutil.rmtree(linked, ignore_errors=True)
    linked.mkdir(parents=True)
    for path in photos:
        os.symlink(path.resolve(), linked / path.name)
    _run("training", "prepare", str(linked), str(dataset), *options)


def _run(*arguments: str) -> None:
    print("$ python -m", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", *arguments], check=True)


if __name__ == "__main__":
    tyro.cli(row)
