import gc
import sys

from parlour.network import interpreter


def test_what_is_set_for_a_while_is_set_back():
    before = sys.getswitchinterval(), gc.get_threshold()
    with interpreter.tuned():
        assert sys.getswitchinterval() < before[0]
        assert gc.get_threshold()[0] > before[1][0]
    assert (sys.getswitchinterval(), gc.get_threshold()) == before
