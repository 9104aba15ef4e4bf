import pytest
from rich.console import Console

from parlour.network.bench.report import Bar, Figure, Report, alternate, percentile, ratio


def bar(measured, *, sense="at least"):
    return Bar(name="a / b", measured=measured, bar=5.0, unit="×", sense=sense)


def report(*bars):
    figures = (Figure(name="a", value=1234.5, unit="events/s"),)
    return Report(bench="x", what="A thing.", rounds=3, figures=figures, bars=bars)


@pytest.mark.parametrize(
    ("measured", "sense", "met"),
    [
        (5.0, "at least", True),
        (4.9, "at least", False),
        (5.0, "at most", True),
        (5.1, "at most", False),
        (None, "at least", None),
    ],
)
def test_a_bar_says_whether_it_is_met(measured, sense, met):
    assert bar(measured, sense=sense).met is met


def test_sides_take_turns_and_change_who_is_first():
    order = []
    alternate(3, {"a": lambda: order.append("a") or 1.0, "b": lambda: order.append("b") or 2.0})
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_a_ratio_is_the_median_of_the_rounds_not_of_the_sides():
    assert ratio([10.0, 1.0, 30.0], [1.0, 1.0, 10.0]) == 3.0


def test_a_percentile_is_a_value_that_was_measured():
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 0.99) == 100.0
    assert percentile(values, 0.5) == 51.0
    assert percentile([7.0], 0.99) == 7.0


def test_a_document_is_not_met_when_one_bar_is_missed():
    document = report(bar(9.0), bar(1.0)).document()
    assert document["met"] is False
    assert [entry["met"] for entry in document["bars"]] == [True, False]
    assert document["figures"] == {"a": {"value": 1234.5, "unit": "events/s"}}


def test_what_was_not_measured_is_not_missed():
    assert report(bar(9.0), bar(None)).document()["met"] is True


def shown(report):
    console = Console(width=120)
    with console.capture() as capture:
        report.print(console)
    return capture.get()


def test_a_note_is_shown_as_it_is_written():
    noted = Bar(name="a", measured=None, bar=1.0, unit="×", note="pip install 'parlour[bench]'")
    assert "'parlour[bench]'" in shown(report(noted))


def test_a_person_sees_each_verdict():
    text = shown(report(bar(9.0), bar(1.0), bar(None)))
    assert "missed" in text
    assert "not measured" in text
    assert "1,234" in text
