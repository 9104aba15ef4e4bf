"""What the log holds, in the words of the wire, compared with what clients were told."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from engine_process import parlour
from wire import Message

_HAND = "landlord.hand:"

Event = dict[str, Any]


def hands_of(data: Path) -> dict[str, list[Event]]:
    """Return the events of every hand that was dealt, by its id, oldest hand first."""
    shown = parlour("log", "show", "--data", data, "--json")
    assert shown.code == 0, shown
    hands: dict[str, list[Event]] = defaultdict(list)
    for event in shown.json()["events"]:
        if event["originator_id"].startswith(_HAND):
            hands[event["originator_id"]].append(event)
    return {id: events for id, events in hands.items() if named(events, "hand-dealt")}


def newest_hand(data: Path, tid: int) -> list[Event]:
    """Return the events of the hand a table dealt last."""
    return [events for id, events in hands_of(data).items() if id.startswith(f"{_HAND}{tid}:")][-1]


def named(events: list[Event], *names: str) -> list[Event]:
    """Return the events of these names."""
    return [e for e in events if e["name"].removeprefix("landlord.") in names]


def names(events: list[Event]) -> list[str]:
    """Return the names of events, in order."""
    return [event["name"].removeprefix("landlord.") for event in events]


class Record:
    """One hand, as the table heard it."""

    def __init__(self, events: list[Event]) -> None:
        seats = named(events, "hand-dealt")[0]["seats"]
        self.uids = set(seats)
        self.spoken: list[tuple[Any, ...]] = []
        for event in events:
            name, seat = event["name"].removeprefix("landlord."), event.get("seat")
            uid = seats[seat] if seat is not None else 0
            if name == "called":
                self.spoken.append(("call", uid, event["score"]))
            elif name == "robbed":
                self.spoken.append(("call", uid, 4 if event["rob"] else 0))
            elif name == "landlord-named":
                self.spoken.append(("landlord", uid, event["ratio"]))
            elif name == "cards-played":
                self.spoken.append(("play", uid, tuple(event["cards"]), event["card_type"]))
            elif name == "passed":
                self.spoken.append(("play", uid, (), 0))
            elif name == "deal-thrown-in":
                self.spoken.append(("redeal", event["secret"]))
            elif name == "hand-settled":
                self.spoken.append(("end", event["secret"]))


def heard(messages: list[Message]) -> list[list[tuple[Any, ...]]]:
    """Return what a client was told of hands, hand by hand."""
    hands: list[list[tuple[Any, ...]]] = []
    for message in messages:
        cmd = message["cmd"]
        if cmd == "game_start":
            if not hands or hands[-1][-1:] == [] or hands[-1][-1][0] != "redeal":
                hands.append([])
        elif not hands:
            continue  # the rest of a hand that began in another life
        elif cmd == "call_landlord_info":
            hands[-1].append(("call", message["uid"], message["action"]))
        elif cmd == "landlord_info":
            hands[-1].append(("landlord", message["uid"], message["ratio"]))
        elif cmd == "play_card_info":
            cards = tuple(message["cards"]) if message["card_type"] else ()
            hands[-1].append(("play", message["uid"], cards, message["card_type"]))
        elif cmd == "redeal":
            hands[-1].append(("redeal", message["secret"]))
        elif cmd == "game_end":
            hands[-1].append(("end", message["secret"]))
    return hands


def check_nothing_lost(hands: dict[str, list[Event]], told: dict[int, list[list[Message]]]) -> None:
    """Every hand a client heard of is, as far as he heard it, a hand of the log."""
    records = [Record(events) for events in hands.values()]
    for uid, lives in told.items():
        mine = [record for record in records if uid in record.uids]
        assert mine
        for messages in lives:  # one list for each life of the engine
            for hand in heard(messages):
                assert any(record.spoken[: len(hand)] == hand for record in mine), (uid, hand)


def check_money(hands: dict[str, list[Event]], uids: list[int], shown: dict[int, int]) -> None:
    """What the table shows is the first purse and each settlement once."""
    money = dict.fromkeys(uids, 10_000)
    settlements = 0
    for events in hands.values():
        settled = named(events, "hand-settled")
        assert len(settled) <= 1
        for event in settled:
            settlements += 1
            assert sum(line["change"] for line in event["lines"]) + event["rake"] == 0
            for line in event["lines"]:
                if line["uid"] in money:
                    assert line["before"] == money[line["uid"]]
                    money[line["uid"]] += line["change"]
                    assert line["after"] == money[line["uid"]]
    assert settlements
    assert shown == money


def check_audit(data: Path) -> None:
    """The log is clean, in the words of the audit."""
    audit = parlour("audit", "--data", data, "--json")
    assert audit.code == 0, audit
    document = audit.json()
    assert document["ok"] is True
    assert document["findings"] == []


def check_replay(data: Path, game: str, events: list[Event]) -> None:
    """`replay game` tells the same story as the log."""
    replay = parlour("replay", "game", game, "--data", data, "--json")
    assert replay.code == 0, replay
    told = [(e["position"], e["version"], e["name"]) for e in replay.json()["events"]]
    assert told == [(e["position"], e["version"], e["name"]) for e in events]
