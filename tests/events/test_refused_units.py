"""Units the log refuses: what is dropped with them, and who is told."""

from parlour.events.errors import AlreadyClaimed, VersionConflict

# --- refused units ------------------------------------------------------------------------


def test_a_version_conflict_drops_the_unit_and_what_stands_on_it_alone(desk, store):
    desk = desk()
    desk.append(("a", 1), held="a1")
    desk.writer.flush()
    other = store()
    other.commit([desk.unit(("a", 2))])
    desk.append(("b", 1), held="b1")
    desk.append(("a", 2), held="a2")
    desk.append(("c", 1), held="c1")
    desk.append(("a", 3), ("b", 2), held="a3 b2")
    desk.append(("b", 3), held="b3")
    desk.append(("c", 2), held="c2")
    desk.writer.flush()
    assert desk.left == ["a1", "b1", "c1", "c2"]
    assert desk.dropped == ["a2", "a3 b2", "b3"]
    (items, error) = desk.drops[0]
    assert isinstance(error, VersionConflict)
    assert [item.origin for item in items] == ["from a2", "from a3 b2", "from b3"]
    assert desk.journal.drops == {"version_conflict": 3}
    assert desk.journal.accepting
    assert (desk.journal.uncommitted, desk.journal.idle) == (0, True)


def test_a_conflict_reaches_closed_and_open_batches(desk, store):
    desk = desk(max_events=1)
    store().commit([desk.unit(("a", 1))])
    desk.append(("a", 1), held="in flight")
    desk.writer.turn()
    desk.append(("b", 1), held="closed")
    desk.append(("a", 2), held="closed, on it")
    desk.append(("a", 3), held="open, on it")
    desk.writer.flush()
    assert desk.dropped == ["in flight", "closed, on it", "open, on it"]
    assert desk.left == ["closed"]
    assert desk.sizes == [1]


def test_a_unit_that_only_read_a_dropped_state_is_dropped_too(desk, store):
    desk = desk()
    store().commit([desk.unit(("a", 1))])
    desk.append(("b", 1), reads=["a"], held="read it before")
    desk.append(("a", 1), held="refused")
    desk.append(("c", 1), reads=["a"], held="read it after")
    desk.append(reads=["a"], held="answered from it")
    desk.append(reads=["b"], held="answered from another")
    desk.writer.flush()
    assert desk.left == ["read it before", "answered from another"]
    assert desk.dropped == ["refused", "read it after", "answered from it"]
    assert desk.journal.drops["version_conflict"] == 2


def test_answers_behind_a_batch_of_refused_units_still_leave(desk, store):
    desk = desk()
    store().commit([desk.unit(("a", 1))])
    desk.append(("a", 1), held="refused")
    desk.append(held="answer")
    desk.journal.hold("notice")
    desk.writer.flush()
    assert desk.left == ["answer", "notice"]
    assert desk.batches[0].seal is None
    assert desk.journal.idle


def test_what_is_said_about_a_drop_leaves_behind_older_answers(desk, store):
    desk = desk()
    store().commit([desk.unit(("a", 1))])
    held = []
    desk.journal._on_drop = lambda items, error: held.append(desk.journal.hold("sorry"))
    desk.append(("a", 1))
    desk.append(held="answer")
    desk.writer.flush()
    assert held == [True]
    assert desk.left == ["answer", "sorry"]


def test_a_claim_taken_by_another_writer_drops_the_unit_alone(desk, store):
    desk = desk()
    store().commit([desk.unit(("x", 1), claims=[("k", "x")])])
    desk.append(("a", 1), claims=[("k", "a")], held="a")
    desk.append(("b", 1), held="b")
    desk.writer.flush()
    assert desk.left == ["b"]
    assert isinstance(desk.drops[0][1], AlreadyClaimed)
    assert desk.journal.drops == {"already_claimed": 1}
    assert desk.journal.claimed("k") == "x"


def test_several_refusals_are_told_each_with_its_reason(desk, store):
    desk = desk()
    store().commit([desk.unit(("x", 1), ("a", 1), claims=[("k", "x")])])
    desk.append(("a", 1), held="conflict")
    desk.append(("b", 1), claims=[("k", "b")], held="claimed")
    desk.append(("b", 2), ("a", 2), held="on both")
    desk.writer.flush()
    assert [type(error) for _, error in desk.drops] == [VersionConflict, AlreadyClaimed]
    assert desk.dropped == ["conflict", "on both", "claimed"]


# --- pending keys -------------------------------------------------------------------------


def test_an_uncommitted_claim_counts(desk):
    desk = desk()
    desk.append(("a", 1), claims=[("k", "a")])
    assert desk.journal.claimed("k") == "a"
    desk.append(("a", 2), releases=["k"])
    assert desk.journal.claimed("k") is None
    desk.append(("b", 1), claims=[("k", "b")])
    assert desk.journal.claimed("k") == "b"
    desk.writer.flush()
    assert desk.journal.claimed("k") == "b"
    assert desk.journal._keys == {}


def test_a_dropped_claim_does_not_count(desk, store):
    desk = desk()
    desk.append(("x", 1), claims=[("k", "x")])
    desk.writer.flush()
    store().commit([desk.unit(("a", 1))])
    desk.append(("a", 1), releases=["k"], claims=[("k", "a")])
    assert desk.journal.claimed("k") == "a"
    desk.writer.flush()
    assert desk.journal.claimed("k") == "x"
