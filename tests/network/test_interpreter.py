import gc
import sys

import pytest

from parlour.network import interpreter


@pytest.fixture
def defaults():
    """Python's own settings, whatever an engine in this process has set before."""
    before = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(0.005)
    gc.set_threshold(700, 10, 10)
    yield sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(before[0])
    gc.set_threshold(*before[1])


def test_what_is_set_for_a_while_is_set_back(defaults):
    before = defaults
    with interpreter.tuned():
        assert sys.getswitchinterval() < before[0]
        assert gc.get_threshold()[0] > before[1][0]
    assert (sys.getswitchinterval(), gc.get_threshold()) == before
