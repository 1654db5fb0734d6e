"""The run folder: the only code that knows its paths.

config.json  log.csv  samples/  progress.gif  checkpoints/  tensorboard/
generator.weights.h5  card.json
"""

import dataclasses
import json
import warnings
from pathlib import Path
from typing import Any

import keras

from training import files
from training.errors import UserError
from training.recipes import recipe_from
from training.runs.configuration import differences, sha256
from training.runs.written import is_card, missing
from training.size import Size, from_json
from training.typed import typed

SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class Run:
    """One training: its configuration and where its results lie."""

    folder: Path
    config: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Open a run that exists.

        Raises:
            UserError: the folder holds no run, one of another schema, or a damaged one.
        """
        path = Path(folder) / "config.json"
        try:
            config = json.loads(path.read_text())
        except FileNotFoundError:
            raise UserError(
                f"expected a run folder with config.json, found none at {folder}; "
                f"make one with: "
                + typed("training", "fit", "pix2pix", "--data", "DATASET", "--run", folder)
            ) from None
        except (ValueError, OSError) as error:
            raise UserError(f"{path} cannot be read: {error}") from None
        if not isinstance(config, dict) or config.get("schema") != SCHEMA:
            raise UserError(f"{path} is not a configuration of schema {SCHEMA}")
        for name in missing(config):
            raise UserError(
                f"{path} is damaged: {name} is missing, or is nothing that fit writes; get the run "
                f"folder again, or train in another one"
            )
        return cls(Path(folder), config)

    @classmethod
    def begun(cls, folder: Path) -> dict[str, Any] | None:
        """Read the configuration of the run in a folder; None where there is none yet.

        Raises as `open` does.
        """
        if not (folder / "config.json").exists():
            return None
        return cls.open(folder).config

    @classmethod
    def stored(cls, folder: Path, config: dict[str, Any]) -> dict[str, Any] | None:
        """Read the configuration of the run that `config` goes on with; None where none is yet.

        Raises:
            UserError: the folder holds something else, a run of another configuration (the
                message names the differences), or one whose checkpoints are gone.
        """
        if (folder / "config.json").exists():
            found = cls.open(folder).config
            different = list(differences(found, _as_stored(config)))
            if different:
                way_on = "or the options that it was started with"
                if all(each.startswith("data.") for each in different):  # Photos came, or went.
                    way_on = f"and begin there with what this one has learned: --start {folder}"
                raise UserError(
                    f"{folder} is a run of another configuration ({'; '.join(different)}); "
                    f"choose another --run folder, {way_on}"
                )
            cls(folder, found)._expect_checkpoint()
            return found
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} exists and is not a run folder; choose another --run")
        return None

    @classmethod
    def start(cls, folder: Path, config: dict[str, Any]) -> "Run":
        """Open the run that `config` describes, making its folder if there is none.

        Where the data and other weights lie may have changed since; the new places are stored.
        Raises as `stored` does.
        """
        folder = Path(folder)
        before = cls.stored(folder, config)
        config = _as_stored(config)
        folder.mkdir(parents=True, exist_ok=True)
        if config != before:
            files.write_json(folder / "config.json", config)
        # After the configuration, so that a start cut short here is still known as a run.
        for part in ("samples", "checkpoints"):
            (folder / part).mkdir(exist_ok=True)
        return cls(folder, config)

    @property
    def size(self) -> Size:
        """Of its pictures."""
        return from_json(self.config["size"])

    @property
    def samples(self) -> Path:
        """Folder of the sample sheets, one an epoch: `00012.png`."""
        return self.folder / "samples"

    @property
    def checkpoints(self) -> Path:
        """Folder of the newest checkpoint and the one before it."""
        return self.folder / "checkpoints"

    @property
    def log(self) -> Path:
        """Table of losses, a row an epoch."""
        return self.folder / "log.csv"

    @property
    def progress(self) -> Path:
        """Animation of the sample sheets."""
        return self.folder / "progress.gif"

    @property
    def tensorboard(self) -> Path:
        """Folder of TensorBoard's event files."""
        return self.folder / "tensorboard"

    def weights(self, generator: str) -> Path:
        """Weights of a generator: averaged, with BatchNorm statistics to match."""
        return self.folder / f"{generator}.weights.h5"

    @property
    def card(self) -> dict[str, Any]:
        """What is told about the result: `weights`, `training` and `data`.

        Raises:
            UserError: the run has not finished an epoch yet, or its card is damaged.
        """
        path = self.folder / "card.json"
        if not path.exists():
            raise UserError(f"{self.folder} has no trained generator yet: let fit finish an epoch")
        try:
            card = json.loads(path.read_text())
        except (ValueError, OSError, RecursionError):
            card = None
        if not is_card(card):
            raise UserError(f"{path} is damaged: {self.way_on}")
        return card

    @property
    def way_on(self) -> str:
        """What to do where its card or its weights are damaged."""
        if self._has_checkpoint():
            return (
                "its checkpoint is there, and one more epoch writes it again: start fit with more "
                "--images, or more --minutes"
            )
        return "get the run folder again"

    def _has_checkpoint(self) -> bool:
        return any(self.checkpoints.glob("[0-9]*.npz"))

    def _expect_checkpoint(self) -> None:
        """Raise `UserError` where to begin anew would overwrite what was trained."""
        trained = any(self.folder.glob("[!.]*.weights.h5"))
        if not trained or self._has_checkpoint():
            return
        if self.checkpoints.is_dir() and self.log.is_file():
            rows = self.log.read_text(errors="replace").splitlines()[1:]
            if len(rows) == 1:  # Killed while its first epoch was written, the checkpoint last.
                return
        begin = f", and begin there with them: --start {self.folder}"
        raise UserError(
            f"{self.folder} has trained weights, but no checkpoint to go on from, and to begin "
            f"anew would overwrite them: choose another --run folder"
            f"{begin if self.weights('generator').exists() else ''}"
        )

    def save_generators(self, generators: dict[str, keras.Model], about: dict[str, Any]) -> None:
        """Write each generator's weights and the card that vouches for them.

        Each is replaced as a whole; between the two, a crash leaves a card whose checksum does
        not match, which `load_generator` reports, and which the next epoch mends.
        """
        weights = {}
        for name, generator in generators.items():
            with files.replacing(self.weights(name), suffix=".weights.h5") as path:
                with open(path, "wb") as file:  # A full disk is told before HDF5 comes upon it.
                    files.claim(file, 4 * generator.count_params())
                generator.save_weights(path)
            weights[name] = _fingerprint(self.weights(name))
        files.write_json(self.folder / "card.json", about | {"weights": weights})


def load_generator(run: Run, name: str | None = None) -> keras.Model:
    """Rebuild a generator, by default a run's first, and read its checked weights.

    Returns a model of a sketch float32 [B, H, W, C] in [-1, 1], or of a label [B] and noise
    [B, Z], to a picture float32 [B, H, W, C] in [-1, 1], under the Keras dtype policy in force.
    Only arrays are read: no code, no pickle, no Keras config.

    Raises:
        UserError: no generator of this name, or weights that are missing, altered, or of another
            network.
    """
    weights = run.card["weights"]
    name = name or next(iter(weights))
    if name not in weights:
        raise UserError(f"{run.folder} has no generator {name}; it has {', '.join(weights)}")
    expected, path = weights[name], run.weights(name)
    if not path.exists():
        raise UserError(f"{path} is missing: {run.way_on}")
    found = _fingerprint(path)
    if found != expected:
        raise UserError(
            f"{path} does not match its card: expected {expected['bytes']} bytes, sha256 "
            f"{expected['sha256'][:12]}..., found {found['bytes']} bytes, "
            f"{found['sha256'][:12]}...; {run.way_on}"
        )
    generator = recipe_from(run.config).build_generator(run.size, run.config["seed"])
    try:
        with warnings.catch_warnings():
            # Keras only warns of layers that it finds no weights for.
            warnings.simplefilter("error", UserWarning)
            generator.load_weights(path)
    except (ValueError, KeyError, OSError, UserWarning) as error:
        raise UserError(
            f"{path} holds weights of another network: {str(error).splitlines()[0]}"
        ) from None
    return generator


def _fingerprint(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256(path)}


def _as_stored(config: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps({"schema": SCHEMA} | config))  # JSON has no tuples.
