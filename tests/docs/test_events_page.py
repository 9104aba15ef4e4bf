"""The event catalogue in the docs is the one in the code."""

import importlib.util
from pathlib import Path

from parlour.events.event import catalogue

DOCS = Path(__file__).parents[2] / "docs"


def page_maker():
    spec = importlib.util.spec_from_file_location("make_events", DOCS / "make_events.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_make_docs_would_write():
    assert (DOCS / "events.md").read_text(encoding="utf-8") == page_maker().render()


def test_every_registered_event_has_a_section_and_a_sentence():
    page = page_maker().render()
    missing = [
        topic
        for topic, cls in catalogue().items()
        if f"### {topic}\n\n{cls.__doc__.strip().partition(chr(10))[0]}" not in page
    ]
    assert missing == []


def test_a_claim_is_shown_with_the_names_of_its_fields():
    assert "`settled/landlord.hand:{tid}:{hand}`" in page_maker().render()
