"""The rules of the house that no single module can keep: imports, layout, names, hosts."""

import ast
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = ("training", "export", "demo")
TOP_LEVEL = {
    *PACKAGES,
    "tests",
    ".ci",
    ".gitignore",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "requirements.txt",
}

# Who may import whom, beside the standard library. The longest path that fits decides, so that
# gradients are all that knows the backend, and a machine that trains needs no TFLite interpreter.
TRAINING = {"training", "keras", "numpy", "PIL", "cv2", "tyro", "tqdm", "pi_heif"}
MAY_IMPORT = {
    "training": TRAINING,
    "training/picture_network.py": TRAINING | {"ai_edge_litert"},
    "training/transfer/tflite_weights.py": TRAINING | {"ai_edge_litert"},
    # Keras's own way to keep weights, and installed with it.
    "training/networks/squeezenet.py": TRAINING | {"h5py"},
    "training/backends/tensorflow.py": TRAINING | {"tensorflow"},
    "training/backends/tensorflow_devices.py": TRAINING | {"tensorflow"},
    "training/backends/jax.py": TRAINING | {"jax"},
    "export": TRAINING | {"export", "tensorflow", "tensorflowjs", "ai_edge_litert"},
    "export/onnx.py": TRAINING | {"export", "ai_edge_litert", "onnx", "onnxruntime", "tf2onnx"},
    "export/hub.py": TRAINING | {"export", "yaml"},
    "export/benchmark.py": TRAINING | {"ai_edge_litert", "onnxruntime"},
    # What downloads bundles comes with Gradio.
    "demo/downloads.py": {"demo", "httpx"},
    "demo/remote.py": {"demo", "httpx", "huggingface_hub"},
    # starlette is the server inside Gradio, which the demo's guards hook into.
    # The studio is no Gradio page, and starts where there is none; it reads what a phone takes.
    "demo/studio": {"demo", "starlette", "uvicorn", "PIL", "pi_heif"},
    "demo": {"demo", "gradio", "gradio_client", "starlette", "ai_edge_litert", "numpy", "PIL"},
}

# Which rooms of training a room may import, each only rooms above it: so there is no circle. What
# lies beside the rooms is for all of them, but for the two that use them all.
ROOMS: dict[str, set[str]] = {
    "backends": set(),
    "data": set(),
    "prepare": {"data"},
    "networks": {"backends"},
    "look": set(),
    "recipes": {"data", "look", "networks"},
    "runs": {"backends", "data", "networks", "recipes"},
    "evaluation": {"data", "networks", "recipes", "runs"},
    "transfer": {"evaluation", "look", "networks", "recipes", "runs"},
}
BESIDE_THE_ROOMS = {
    "adversarial": {"backends"},
    "device": {"backends"},
    "opened": {"backends", "data", "runs", "transfer"},
}
ABOVE_ALL = ("fit", "__main__")

# Who names the file: a run has one of its own, and all bundles are read by one module.
READ_CARDS = {"training/runs/folder.py", "training/transfer/bundle.py"}

LONGEST_FILE = 300
RECIPE = range(60, 176)  # Lines of what reads like the page of a textbook.

# Mirrors and caches are a machine's own affair: pip and npm are told of them outside the project.
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|yarnpkg\.com|anaconda\.org"
    r"|--(extra-index-url|index-url|find-links|trusted-host)"
)
# A path that starts at somebody's root is true on that somebody's machine only.
ABSOLUTE_PATH = re.compile(r"(?<![\w.~}-])/(home|root|Users|work|mnt|tmp|opt)/")


@cache
def project_files() -> list[Path]:
    """What is tracked, relative to the repository: whoever works here keeps photos beside it."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip(f"no git checkout to list: {listing.stderr.strip()}")
    names = [Path(name) for name in listing.stdout.split("\0") if name]
    return [name for name in names if (REPOSITORY / name).is_file()]


def python_files(*folders: str) -> list[Path]:
    return [f for f in project_files() if f.suffix == ".py" and f.parts[0] in folders]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse((REPOSITORY / path).read_text(), str(path))


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(path.parts[0] if node.level else (node.module or "").split(".")[0])
    return names - sys.stdlib_module_names


def allowed(path: Path) -> set[str]:
    fitting = [rule for rule in MAY_IMPORT if path.is_relative_to(rule)]
    return MAY_IMPORT[max(fitting, key=len)]


def test_each_package_imports_only_what_it_may():
    strangers = {
        f"{path} imports {name}"
        for path in python_files(*PACKAGES)
        for name in imported(path) - allowed(path)
    }
    assert not strangers


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_every_rule_is_about_something(name):
    assert any(path.is_relative_to(name) for path in project_files())


def test_there_is_no_circle_between_the_rooms_of_training():
    for room, arrows in ROOMS.items():
        earlier = list(ROOMS)[: list(ROOMS).index(room)]
        assert arrows <= set(earlier), room
    folders = {path.parts[1] for path in python_files("training") if len(path.parts) > 2}
    assert folders == set(ROOMS), "a new room needs its arrows"


def test_a_room_of_training_imports_only_the_rooms_that_it_may():
    used: dict[str, set[str]] = {}
    for path in python_files("training"):
        here = path.with_suffix("").parts[1]
        found = {name for name in modules_of_training(path) if name != here}
        used[here] = used.get(here, set()) | found
    for here, found in used.items():
        if here in ABOVE_ALL or here == "__init__":
            continue
        assert not found & set(ABOVE_ALL), here
        wanted = ROOMS[here] if here in ROOMS else BESIDE_THE_ROOMS.get(here, set())
        assert found & set(ROOMS) <= wanted, f"{here} imports other rooms than it may"


def modules_of_training(path: Path) -> set[str]:
    """The rooms and modules of training that a file imports, wherever the import stands."""
    names = []
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("training.")}


def test_bundles_come_back_into_training_by_one_way():
    """Nothing but training/transfer/bundle.py reads a bundle's card, so nobody skips its checks."""
    naming = {
        str(path)
        for path in python_files("training", "export")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Constant) and node.value == "card.json"
    }
    assert naming == READ_CARDS
    readers = {str(path) for path in python_files("training") if "ai_edge_litert" in imported(path)}
    assert readers == {"training/picture_network.py", "training/transfer/tflite_weights.py"}
    users = {
        path.parts[1]
        for path in python_files("training")
        if "read_bundle" in (REPOSITORY / path).read_text()
    }
    assert users == {"transfer"}


@pytest.mark.slow
def test_training_imports_where_tensorflow_is_not_installed():
    modules = [
        ".".join(path.with_suffix("").parts)
        for path in python_files("training")
        if path.name not in ("__init__.py", "__main__.py")
        and not path.match("training/backends/tensorflow*.py")
    ]
    code = (
        "import importlib, sys\n"
        "sys.modules['tensorflow'] = sys.modules['ai_edge_litert'] = None\n"
        f"for name in {modules}: importlib.import_module(name)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr


def test_nothing_is_added_at_the_top_level():
    assert {path.parts[0] for path in project_files()} == TOP_LEVEL


def test_no_file_outgrows_its_room():
    lengths = {
        str(path): len((REPOSITORY / path).read_text().splitlines())
        for path in python_files(*PACKAGES)
    }
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}
    recipes = {path: n for path, n in lengths.items() if "/recipes/" in path}
    del recipes["training/recipes/__init__.py"]
    assert {path: n for path, n in recipes.items() if n not in RECIPE} == {}


def test_every_test_is_collected():
    lost = set()
    for path in python_files("tests"):
        seen: set[str] = set()
        scopes: list[ast.Module | ast.ClassDef] = [parse(path), *top_classes(path)]
        for scope in scopes:
            here = [n.name for n in scope.body if isinstance(n, ast.FunctionDef)]
            tests = [name for name in here if name.startswith("test")]
            lost |= {f"{path}: {name} is defined twice" for name in tests if tests.count(name) > 1}
            seen |= set(tests)
            if tests and not path.name.startswith("test_"):
                lost.add(f"{path}: its tests need a file name that starts with test_")
            if isinstance(scope, ast.ClassDef) and tests and not scope.name.startswith("Test"):
                lost.add(f"{path}: {scope.name} needs a name that starts with Test")
        everywhere = {
            node.name
            for node in ast.walk(parse(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test")
        }
        lost |= {f"{path}: {name} is out of pytest's sight" for name in everywhere - seen}
    assert not lost


def top_classes(path: Path) -> list[ast.ClassDef]:
    return [node for node in parse(path).body if isinstance(node, ast.ClassDef)]


def test_every_skip_and_expected_failure_states_its_reason():
    silent = set()
    for path in python_files("tests"):
        for node in ast.walk(parse(path)):
            if not isinstance(node, ast.Call):
                continue
            call = ast.unparse(node.func)
            if call in ("pytest.skip", "pytest.mark.skip", "pytest.mark.xfail"):
                given = bool(node.args) or any(word.arg == "reason" for word in node.keywords)
            elif call == "pytest.mark.skipif":
                given = any(word.arg == "reason" for word in node.keywords)
            else:
                continue
            if not given:
                silent.add(f"{path}:{node.lineno}")
    assert not silent


@pytest.mark.parametrize("pattern", [REGISTRY, ABSOLUTE_PATH], ids=["registry", "absolute path"])
def test_no_file_names_a_registry_or_somebodys_folders(pattern):
    found = []
    for path in project_files():
        try:
            text = (REPOSITORY / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a model
        found += [
            f"{path}:{number}: {match.group()}"
            for number, line in enumerate(text.splitlines(), 1)
            if (match := pattern.search(line))
        ]
    assert not found


def test_every_requirement_is_pinned_to_one_version_everywhere():
    pins: dict[str, set[str]] = {}
    for file in ("requirements.txt", "demo/requirements.txt", "tests/requirements.txt"):
        for line in (REPOSITORY / file).read_text().splitlines():
            requirement = line.split("#")[0].strip()
            if requirement:
                match = re.fullmatch(r"([a-z0-9-]+)==(\S+)( ; .+)?", requirement)
                assert match, f"{file}: {requirement} is no exact pin"
                name, version, marker = match.groups()
                pins.setdefault(name + (marker or ""), set()).add(version)
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}
