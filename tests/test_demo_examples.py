import numpy as np
import pytest
from PIL import Image

from demo.examples import DOODLES, EXAMPLES, SIZE


@pytest.mark.parametrize("number", range(len(DOODLES)))
def test_the_examples_are_those_that_the_program_draws(tmp_path, number):
    doodle = DOODLES[number]
    name = f"{number + 1}-{doodle.__name__}.png"
    doodle().save(tmp_path / name)
    with (
        Image.open(tmp_path / name) as drawn,
        Image.open(EXAMPLES / name) as committed,
    ):
        assert drawn.size == committed.size == (SIZE, SIZE)
        assert (np.asarray(drawn.convert("RGB")) == np.asarray(committed.convert("RGB"))).all()


def test_there_is_no_other_example():
    assert len(list(EXAMPLES.glob("*"))) == len(DOODLES)
