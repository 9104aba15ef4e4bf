"""What the page for client authors shows is what the engine does."""

import hashlib
import json
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from parlour.actors.landlord import table
from parlour.actors.landlord.settings import default_levels, default_zones
from parlour.events.landlord import Terms
from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import classify, settlement
from parlour.events.rules.landlord.cards import describe
from parlour.events.rules.landlord.state import Hand, Play
from parlour.network.landlord.codec import TcpCodec

DOCS = Path(__file__).parents[2] / "docs" / "protocols"
PAGE = (DOCS / "landlord.md").read_text(encoding="utf-8")
VECTORS = json.loads((DOCS / "landlord-shuffle-vectors.json").read_text(encoding="utf-8"))
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
MESSAGES = {
    cls.__struct_config__.tag: cls
    for cls in vars(wire).values()
    if isinstance(cls, type) and issubclass(cls, wire.Message) and cls is not wire.Message
}


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def example(cmd):
    return next(shown for shown in EXAMPLES if shown["cmd"] == cmd)


@pytest.mark.parametrize("shown", EXAMPLES, ids=lambda shown: shown["cmd"])
def test_an_example_has_every_field_of_its_message_and_no_other(shown):
    message = msgspec.convert(shown, MESSAGES[shown["cmd"]])
    assert json.loads(msgspec.json.encode(message)) == shown


def test_every_message_has_an_example():
    assert {shown["cmd"] for shown in EXAMPLES} == set(MESSAGES)


def test_every_request_has_a_heading_of_its_own_or_shares_one():
    headings = " ".join(line for line in PAGE.splitlines() if line.startswith("### "))
    missing = [cmd for cmd in MESSAGES if f"`{cmd}`" not in headings and cmd != "error"]
    assert missing == []
    assert get_args(wire.Request)


def test_the_shown_bytes_are_the_shown_messages():
    plain, obfuscated, answer, answer_obfuscated, vector = map(bytes.fromhex, blocks("hex"))
    shown = example("CLIENT_JOIN_TABLE_REQ")
    for frame in (plain, obfuscated):
        codec = TcpCodec()
        codec.receive_data(frame)
        assert json.loads(codec.next_frame()) == shown
    succ = wire.JoinTableSucc(type=1, sid=1, tid=1, seatid=0)
    for frame, asked in ((answer, plain), (answer_obfuscated, obfuscated)):
        codec = TcpCodec()
        codec.receive_data(asked)
        codec.next_frame()
        assert codec.encode(succ) == frame
    codec = TcpCodec()
    codec.receive_data(vector)
    assert codec.next_frame() == b'{"cmd":1001,"uid":3,"skey":"abc"}'


# --- cards --------------------------------------------------------------------------------


def test_every_card_list_with_glyphs_says_the_same_twice():
    for glyphs, codes in re.findall(
        r"((?:[♦♣♥♠][\dAJQK]+ ?|joker ?|JOKER ?)+)`(\[[\d,]+\])`", PAGE
    ):
        assert describe(json.loads(codes)) == glyphs.strip()


def test_the_examples_of_hand_types_are_what_they_are_said_to_be():
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([\d–]+) \| [^`]*`(\[[\d,]+\])` \|$", PAGE, re.M)
    assert [int(card_type) for card_type, _, _ in rows] == list(range(1, 15))
    for card_type, sizes, codes in rows:
        cards = json.loads(codes)
        low, _, high = sizes.partition("–")
        assert int(low) <= len(cards) <= int(high or low)
        for book in ("lenient", "pagat"):
            assert classify(cards, book=book).card_type == int(card_type)


def test_the_two_books_differ_where_the_page_says():
    rows = re.findall(r"^\| .*`(\[[\d,]+\])` \| ([^|]+) \| ([^|]+) \|$", PAGE, re.M)
    assert len(rows) == 8
    for codes, *verdicts in rows:
        for book, verdict in zip(("lenient", "pagat"), verdicts, strict=True):
            found = classify(json.loads(codes), book=book)
            shown = re.match(r"\d+", verdict)
            assert (found and int(found.card_type)) == (shown and int(shown[0]))


# --- money --------------------------------------------------------------------------------


def won_hand(*, winner, rake):
    terms = Terms(
        type=2,
        zone=0,
        base=50,
        rake=rake,
        book="lenient",
        rob=True,
        call_seconds=20,
        play_seconds=22,
        trustee_seconds=1.5,
    )
    plays = tuple(Play(seat=seat, cards=(1,), card_type=1) for seat in (0, 1, 0, 2))
    return Hand(
        phase="won",
        uids=(1001, 1002, 1003),
        terms=terms,
        landlord=0,
        winner=winner,
        ratio=8,
        plays=plays,
    )


@pytest.mark.parametrize(
    ("row", "winner", "rake", "purses"),
    [
        ("as played", 1, 0, (12_000, 9_000, 3_000)),
        ("with 5 % rake", 1, 5, (12_000, 9_000, 3_000)),
        ("with 5 % rake, landlord wins", 0, 5, (12_000, 9_000, 3_000)),
        ("the landlord holds only 500", 1, 0, (500, 9_000, 3_000)),
        ("the second farmer holds only 130", 1, 0, (12_000, 9_000, 130)),
    ],
)
def test_a_row_of_the_worked_settlement_is_what_is_paid(row, winner, rake, purses):
    hand = won_hand(winner=winner, rake=rake)
    paid = settlement.settle(hand, purses, (0, 0, 0), b"", at=0)
    changes = ", ".join(f"{line.change:+d}".replace("-", "−") for line in paid.lines)
    [shown] = re.findall(rf"^\| {row} \|.*$", PAGE, re.M)
    assert shown.endswith(f"| {changes} | {paid.rake} |")


def test_the_worked_quits_are_what_is_paid():
    hand = msgspec.structs.replace(won_hand(winner=None, rake=5), phase="playing")
    for money, sentence in ((12_000, "800, 800 and 800"), (700, "233, 233 and 234")):
        paid = settlement.settle_quit(hand, 0, (money, 9_000, 3_000), (0, 0, 0), b"", at=0)
        shares = [line.change for line in paid.lines[1:]]
        assert sentence == f"{shares[0]}, {shares[1]} and {paid.rake}"
        assert sentence in PAGE


def test_the_levels_and_zones_are_the_defaults():
    for number, level in default_levels().items():
        most = "and more" if level.ceiling is None else f"to {level.ceiling:,}"
        row = [
            str(number),
            f"{level.base:,}",
            f"{level.floor:,} {most}",
            "yes" if level.rob else "no",
            f"{level.rake} %",
            level.book,
        ]
        assert f"| {' | '.join(row)} |" in PAGE
    assert default_zones() == {1: (1, 2), 2: (3, 4)}
    assert "Zones 1 (levels 1 and 2) and 2 (levels 3 and 4)" in PAGE


# --- errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("`SERVER_JOIN_TABLE_ERR` code", re.findall(r"\b\d\b", wire.JoinTableErr.__doc__)),
        ("`game_ready_ng` code", re.findall(r"\b\d\b", wire.GameReadyNg.__doc__)),
        ("`logout_ng` code", re.findall(r"\b\d\b", wire.LogoutNg.__doc__)),
        ("`play_card_ng` code", map(str, sorted(table._PLAY_ERRORS.values()))),
        (
            "`error` code",
            map(
                str,
                (
                    wire.MALFORMED,
                    wire.NOT_YOURS,
                    wire.NOT_NOW,
                    wire.TOO_MANY,
                    wire.INTERNAL,
                    wire.UNAVAILABLE,
                ),
            ),
        ),
    ],
)
def test_every_error_code_has_a_row(title, codes):
    rows = PAGE.partition(f"| {title} |")[2].partition("\n\n")[0]
    shown = re.findall(r"^ *\| (\d) \|", rows, re.M)
    assert sorted(set(shown)) == sorted(codes)


# --- fairness -----------------------------------------------------------------------------


def verifier():
    namespace = {}
    exec(blocks("python")[0], namespace)
    return namespace


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_the_verifier_gives_the_published_vectors(vector):
    deck = verifier()["deck"](bytes.fromhex(vector["secret"]), vector["nonces"])
    assert deck == vector["deck"]


def test_the_verifier_accepts_the_hand_on_the_page_and_no_other():
    start, end, info = map(example, ("game_start", "game_end", "SERVER_TABLE_INFO_BC"))
    verify = verifier()["verify"]
    verify(end["secret"], info["commitments"][0], start["nonces"], 0, start)
    with pytest.raises(AssertionError, match="another secret"):
        verify(end["secret"], info["commitments"][1], start["nonces"], 0, start)
    with pytest.raises(AssertionError, match="another hand"):
        verify(end["secret"], info["commitments"][0], ["tea", "rain", ""], 0, start)


def test_the_commitments_on_the_page_are_those_of_the_published_secrets():
    published = [
        hashlib.sha256(bytes.fromhex(secret)).hexdigest()
        for secret in VECTORS["derivation"]["secrets"]
    ]
    assert example("SERVER_TABLE_INFO_BC")["commitments"] == published
