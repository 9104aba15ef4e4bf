from parlour.events.schema import SchemaObject, acting, differences

CLAIMS = SchemaObject("table", "claims", "CREATE TABLE claims (key TEXT)")
PROBE = SchemaObject("table", "probe", "CREATE TABLE probe (filler BLOB)")
TRIGGER = SchemaObject("trigger", "evil", "CREATE TRIGGER evil …")


def told(*found):
    return [(one.kind, one.name) for one in differences([CLAIMS, PROBE], found)]


def test_what_is_as_it_must_be_does_not_differ():
    assert told(PROBE, CLAIMS) == []


def test_what_sqlite_adds_by_itself_is_no_difference():
    statistics = SchemaObject("table", "sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)")
    assert (
        told(PROBE, CLAIMS, SchemaObject("index", "sqlite_autoindex_x_1", None), statistics) == []
    )


def test_line_breaks_are_no_difference():
    assert told(PROBE, CLAIMS._replace(sql="CREATE TABLE claims\n  (key TEXT)")) == []


def test_additions_changes_and_losses_are_named():
    assert told(CLAIMS._replace(sql="CREATE TABLE claims (key TEXT, z)"), TRIGGER) == [
        ("table", "claims"),
        ("trigger", "evil"),
        ("table", "probe"),
    ]


def test_a_view_in_the_place_of_a_table_is_named():
    assert told(PROBE, CLAIMS._replace(kind="view")) == [("view", "claims")]


def test_a_trigger_hides_behind_no_name():
    hidden = TRIGGER._replace(name="sqlite_stat5")
    assert told(PROBE, CLAIMS, hidden) == [("trigger", "sqlite_stat5")]


def test_triggers_and_views_act():
    assert acting([CLAIMS, PROBE]) is None
    assert acting([CLAIMS, TRIGGER]) is TRIGGER
