"""What is counted beside Prometheus' objects is on its page, as if they had counted it."""

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import generate_latest

from parlour.network import metrics
from parlour.network.metrics import Metrics

WAITS = (0.0, 0.0001, 0.0005, 0.0021, 0.3, 7.0, 99.0)


def lines(page, name):
    return [line for line in page.decode().splitlines() if line.startswith(name)]


def test_waits_are_the_histogram_that_prometheus_would_have_made():
    registry = CollectorRegistry()
    plain = Histogram(
        "parlour_mailbox_seconds",
        "Time from a command's arrival until the actors are done with it, by protocol.",
        ["protocol"],
        buckets=metrics._SECONDS,
        registry=registry,
    )
    counted = Metrics()
    for wait in (*WAITS, *metrics._SECONDS):  # the bounds themselves belong to their buckets
        counted.command("landlord", "PlaySubmit", wait)
        plain.labels("landlord").observe(wait)
    name = "parlour_mailbox_seconds"
    assert lines(counted.page(), name) == lines(generate_latest(registry), name)


def test_commands_and_frames_are_on_the_page_once_however_often_it_is_asked_for():
    counted = Metrics()
    for _ in range(3):
        counted.command("landlord", "PlaySubmit", 0.001)
    counted.command("beehive", "Chat", 0.001)
    counted.sent(5, 700)
    for _ in range(2):
        page = counted.page()
    assert 'parlour_commands_total{name="PlaySubmit",protocol="landlord"} 3.0' in str(page)
    assert 'parlour_commands_total{name="Chat",protocol="beehive"} 1.0' in str(page)
    assert lines(page, "parlour_frames_sent_total") == ["parlour_frames_sent_total 5.0"]
    assert lines(page, "parlour_sent_bytes_total") == ["parlour_sent_bytes_total 700.0"]
    counted.sent(1, 10)
    assert lines(counted.page(), "parlour_frames_sent_total") == ["parlour_frames_sent_total 6.0"]
