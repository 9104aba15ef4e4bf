"""What a recorder holds, and what it refuses: shared by the tests of recorders."""

import pytest

from parlour.events.recorder import CommitRefused


def contents(recorder):
    return [
        (n.id, n.originator_id, n.originator_version, n.topic, n.state)
        for n in recorder.select_notifications(1, 100_000)
    ]


def refusals(recorder, *units):
    with pytest.raises(CommitRefused) as refused:
        recorder.commit(units)
    return {index: type(error) for index, error in refused.value.units.items()}
