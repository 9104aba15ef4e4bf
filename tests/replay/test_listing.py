from parlour.events.reader import LogReader
from parlour.replay.listing import entries, line


def listed(folder, **options):
    with LogReader(folder) as reader:
        return list(entries(reader, **options))


def test_entries_come_in_order_from_a_position_on(played):
    shown = listed(played, start=10)
    assert [entry["position"] for entry in shown[:3]] == [10, 11, 12]


def test_entries_of_one_aggregate_and_of_one_name(played):
    shown = listed(played, aggregate="landlord.hand:1:1", name="landlord.called")
    assert {entry["originator_id"] for entry in shown} == {"landlord.hand:1:1"}
    assert {entry["name"] for entry in shown} == {"landlord.called"}
    assert shown == listed(played, aggregate="landlord.hand:1:1", name="landlord.called@1")


def test_an_entry_has_its_place_its_time_and_its_fields(played):
    entry = listed(played, name="landlord.hand-begun")[0]
    assert list(entry) == ["position", "originator_id", "version", "at", "name", "hand"]
    assert entry["at"].endswith("Z")


def test_hashes_are_not_shown(played):
    text = "\n".join(line(entry) for entry in listed(played))
    assert "argon2" not in text
    assert '"digest"' not in text


def test_what_does_not_decode_is_shown_as_it_lies_there(tamperer):
    position = tamperer.find("landlord.passed")
    tamperer.sql("UPDATE stored_events SET state=? WHERE rowid=?", b"\xff{", position)
    entry = next(e for e in listed(tamperer.folder) if e["position"] == position)
    assert "does not decode" in entry["error"]
    assert line(entry)


def test_values_of_wrong_types_are_shown_as_well(tamperer):
    position = tamperer.find("landlord.passed")
    tamperer.sql("UPDATE stored_events SET state=NULL, topic=x'00' WHERE rowid=?", position)
    assert any(entry["position"] == position for entry in listed(tamperer.folder))


def test_an_events_own_name_is_not_taken_for_the_events(played):
    entry = listed(played, name="account.registered")[-1]
    assert entry["name"] == "account.registered"
    assert entry["own_name"]


def test_text_that_is_none_is_shown_by_its_bytes(tamperer):
    position = tamperer.find("landlord.passed")
    tamperer.sql(
        "UPDATE stored_events SET originator_id=CAST(x'ff42' AS TEXT), "
        "topic=CAST(x'ff41' AS TEXT) WHERE rowid=?",
        position,
    )
    entry = next(e for e in listed(tamperer.folder) if e["position"] == position)
    assert (entry["originator_id"], entry["name"]) == (r"\xffB", r"\xffA")
    line(entry).encode()
