"""Options of every training, whatever the recipe: their ranges, and what `auto` stands for."""

import dataclasses
import typing
from pathlib import Path
from typing import Literal

from training.backends import accelerator
from training.errors import UserError

Precision = Literal["auto", "float32", "mixed_bfloat16"]


@dataclasses.dataclass(frozen=True)
class FitOptions:
    """What every training needs to know, whatever the recipe."""

    data: Path
    """Folder of what the recipe trains on, or a name: `python -m training fit --help` has them."""
    run: Path
    """Run folder to write; a run that is there already goes on."""
    images: int | None = None
    """Images to see in all: 100,000 if not told, or where the run begins with something as many as
    show it each pair twenty times, if that is less. Raise it later, and the run goes on."""
    epoch_images: int | None = None
    """Images between two checkpoints and sample sheets: 4,000 if not told, or less where few pairs
    end it."""
    minutes: float = 0.0
    """Minutes to train for in all, instead of --images: plans checkpoints and learning rate, so
    that --epoch-images has no place beside it either."""
    start: Path | None = None
    """Begin with a run, a bundle, a float .tflite file, or what ships: flowers, as the preset fast
    does unless told otherwise, or objects; or with nothing: none."""
    seed: int = 0
    """Seed of the weights, the order of the data and the augmentation."""
    precision: Precision = "auto"
    """auto, float32 or mixed_bfloat16; auto takes bfloat16 where the processor has it."""
    devices: int = 1
    """Devices of this machine that share each batch; with TF_CONFIG, of every machine it names."""
    licence: str | None = None
    """Licence of the data, for the cards of what is exported, where the data does not say it."""

    def check(self, batch: int) -> None:
        """Raise `UserError` for a value out of its range; `batch` is the recipe's."""
        for option, told in (("images", self.images), ("epoch-images", self.epoch_images)):
            if self.minutes and told is not None:
                raise UserError(f"--minutes and --{option} do not go together: give one of them")
        precisions = typing.get_args(Precision)
        for option, value, fits, expected in (
            ("images", self.images, self.images is None or self.images >= 1, "1 or more"),
            ("minutes", self.minutes, 0 <= self.minutes < 1e6, "0, or the minutes to train for"),
            (
                "epoch-images",
                self.epoch_images,
                self.epoch_images is None or self.epoch_images >= batch,
                f"--batch, {batch}, or more",
            ),
            ("seed", self.seed, 0 <= self.seed < 2**32, f"0 to {2**32 - 1}"),
            ("devices", self.devices, self.devices >= 1, "1 or more"),
            ("precision", self.precision, self.precision in precisions, " or ".join(precisions)),
        ):
            if not fits:
                raise UserError(f"--{option} {value}: expected {expected}")


def resolve_precision(precision: str) -> str:
    """Name the Keras dtype policy for auto, float32 or mixed_bfloat16."""
    if precision != "auto":
        return precision
    return "mixed_bfloat16" if accelerator() or _cpu_has_bfloat16() else "float32"


def _cpu_has_bfloat16() -> bool:
    # AMX multiplies tiles of it, AVX-512 pairs: 1.9 times as many images/s on a Zen 4 core.
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags
