from hypothesis import given
from hypothesis import strategies as st

from parlour.replay.version_set import VersionSet


@given(st.sets(st.integers(min_value=0, max_value=5_000)), st.integers(-5, 6_000))
def test_it_holds_what_was_put_in_and_nothing_else(versions, other):
    held = VersionSet()
    for version in versions:
        held.add(version)
    assert all(version in held for version in versions)
    assert (other in held) is (other in versions)
