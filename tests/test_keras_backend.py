"""What Keras is told to run on: checked, and told in one line, before it is imported."""

import json

import pytest

from tests.test_training_commands import assert_one_line, training
from training.errors import UserError
from training.keras_backend import check_backend


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Where Keras's settings are read from, and nothing in the environment before them."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return tmp_path / "keras.json"


@pytest.mark.parametrize("name", ["torch", "nonsense", "TENSORFLOW", "openvino"])
def test_an_unknown_backend_is_told_with_where_it_comes_from(settings, monkeypatch, name):
    settings.write_text(json.dumps({"backend": name}))
    there = "there are tensorflow and jax: set KERAS_BACKEND=tensorflow"
    with pytest.raises(UserError, match=f"keras.json names the backend '{name}'.*{there}"):
        check_backend()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    check_backend()
    monkeypatch.setenv("KERAS_BACKEND", name)
    with pytest.raises(UserError, match=f"^KERAS_BACKEND names the backend '{name}'.*{there}"):
        check_backend()


@pytest.mark.parametrize("text", [None, "", "{", "{}", '{"backend": "jax", "epsilon": 1e-07}'])
def test_what_keras_takes_is_taken(settings, monkeypatch, text):
    if text is not None:
        settings.write_text(text)
    check_backend()
    monkeypatch.setenv("KERAS_BACKEND", "")
    check_backend()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "is not what Keras writes"),
        ({"floatx": "float8"}, "floatx is 'float8', but should be float16 or float32 or float64"),
        ({"image_data_format": "channels_first"}, "but should be channels_last"),
        ({"epsilon": 1}, "epsilon is 1, but should be a number such as 1e-07"),
    ],
)
def test_settings_that_end_in_a_traceback_are_one_line(settings, content, told):
    settings.write_text(json.dumps(content))
    with pytest.raises(UserError, match=f"keras.json.*{told}"):
        check_backend()


@pytest.mark.parametrize("command", [["fit", "pix2pix"], ["preview", "r"], ["evaluate", "r"]])
def test_every_command_that_needs_keras_says_so(command):
    done = training(*command, KERAS_BACKEND="nonsense")
    assert_one_line(done, "KERAS_BACKEND names", "nonsense", "tensorflow")
