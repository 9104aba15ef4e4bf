from parlour.events.event import catalogue
from parlour.events.kinds import KINDS
from parlour.replay.placement import KIND_OF_EVENT


def test_every_event_belongs_to_a_kind_of_aggregate_there_is():
    assert set(catalogue().values()) == set(KIND_OF_EVENT)
    assert set(KIND_OF_EVENT.values()) == set(KINDS)


def test_what_a_real_log_holds_lies_where_it_belongs(played):
    from parlour.events.kinds import kind_of
    from parlour.events.reader import LogReader

    with LogReader(played) as reader:
        for recorded in reader.events():
            assert KIND_OF_EVENT[type(recorded.event)] == kind_of(recorded.originator_id)
