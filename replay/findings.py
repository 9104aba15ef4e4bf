"""What the audit can find: one stable code for each kind of damage, and findings themselves.

Owns the codes. Programs may rely on a code for ever; the sentence beside it, and a finding's
own `detail`, are for people and may change. The documentation's table is made from `CODES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from parlour.events.reader import readable

CODES: Final[dict[str, str]] = {
    # --- the file ---
    "file_damaged": "SQLite itself says that the file is damaged.",
    "schema_altered": "A table, index, view or trigger is not as in a fresh log.",
    # --- events and seals ---
    "event_missing": "A sealed event is not in the log any more.",
    "event_unsealed": "An event lies in the log that no seal covers.",
    "event_altered": "An event is not as it was sealed.",
    "event_moved": "An event lies at another position than it was sealed at.",
    "event_malformed": "A row holds values of types that the engine never writes.",
    "seal_mismatch": "A seal does not fit its events, and which of them is at fault is not known.",
    "seal_altered": "A seal was changed: its events are as they were recorded.",
    "seal_missing": "A number is left out in the chain of seals.",
    "seal_range": "A seal does not begin where the one before it ends.",
    "seal_unsigned": "A seal after the first signed one, or every seal, has no signature.",
    "seal_forged": "A seal's signature was not made with the given key.",
    "head_mismatch": "The head that was written down earlier is another one in this log.",
    "head_missing": "The log ends before the head that was written down earlier.",
    # --- what every event must be ---
    "version_gap": "The versions of an aggregate do not follow each other.",
    "event_unknown": "An event has a topic that this engine does not know.",
    "event_undecodable": "An event's bytes are not what its topic says.",
    "event_misplaced": "An event is recorded in an aggregate that has no such events.",
    "event_repeated": "An event tells what was so already, where every such event changes it.",
    "log_unopened": "The log does not begin with its own opening.",
    "log_reopened": "The log was opened more than once.",
    # --- what is kept beside the events ---
    "claim_doubled": "A key that can be used up once was used up twice.",
    "claim_missing": "A key that an event uses up is not among the claims.",
    "claim_unfounded": "The claims hold a key that no event uses up.",
    "claim_differs": "The claims give a key to another event than the one that used it up.",
    "snapshot_differs": "A snapshot is not the state that its events lead to.",
    "snapshot_unfounded": "A snapshot is of a version that the log does not have.",
    "snapshot_undecodable": "A snapshot's bytes are not what its topic says.",
    "tracking_ahead": "A projection has read further than the log goes.",
    "tracking_altered": "The table of projections is not of the version that it was made with.",
    # --- accounts ---
    "balance_wrong": "A ledger line's balance is not the one before it plus its amount.",
    "balance_negative": "An account holds less than nothing.",
    "ledger_unbalanced": "Ledger lines that were committed together do not sum to zero.",
    "money_not_conserved": "All balances together are not zero.",
    "account_unregistered": "Something happened to an account before it was registered.",
    "account_misnamed": "An account was registered under a uid that is not its aggregate's.",
    "seat_doubled": "An account took a seat while it still had one.",
    "seat_differs": "An account and a table do not agree on who sits where.",
    # --- tables ---
    "table_differs": "A table's event does not fit the table as it was.",
    "hand_differs": "A table and its hand do not agree on what was dealt or how it ended.",
    # --- hands ---
    "secret_wrong": "A revealed secret is not the one the house committed to.",
    "deal_wrong": "What was dealt is not what the secret and the nonces give.",
    "rule_broken": "A step of a hand, a match or a room is not what the rules give at that point.",
    "hand_after_end": "Something happened in a hand that was over.",
    "settlement_wrong": "A settlement is not what the recorded terms give.",
    "settlement_doubled": "A hand was settled twice.",
    # --- rooms and matches ---
    "match_differs": "Lobby, room and match do not agree on what was opened, ended or who played.",
    "result_wrong": "A result is not what the recorded deaths and disconnects give.",
    # --- what players' own records hold ---
    "chunk_undecodable": "A chunk of a player's stream is not base64.",
    "chunk_torn": "A chunk of a player's stream ends in the middle of an event.",
    "chunk_unknown": "A chunk holds events that are neither waits, keys nor attacks.",
    "frame_implausible": "A player's record is further than the time since the beginning allows.",
    "attack_unreceived": "A player sent an attack, and its target played on without receiving it.",
    "attack_unsent": "A player received an attack that nobody's record sent before.",
    # --- the treasure game ---
    "treasure_seed_wrong": "The seed that a settlement reveals is not the one committed to.",
    "treasure_choice_wrong": "A sealed choice does not open, or the rules refuse what is in it.",
    "treasure_stage_wrong": "A stage began or ended otherwise than seed and choices give.",
    "treasure_step_wrong": "Another step of a room or a game is not what the rules give there.",
    "treasure_epoch_wrong": "A game is told of under another epoch than its room's newest.",
    "treasure_ticket_wrong": "A player came with a ticket that was not his, or not good any more.",
    "treasure_secret_shown": "An event of a game has fields that such an event does not have.",
    "treasure_after_end": "Something happened in a treasure game that was over.",
    "treasure_settlement_wrong": "A treasure game's settlement is not what seed and choices give.",
    "treasure_settlement_doubled": "A treasure game was settled twice.",
    "treasure_count_wrong": "A treasure game was not counted once for each player, as settled.",
    "treasure_game_differs": "A room and its game do not agree on who plays, or how it ended.",
    "treasure_room_differs": "Lobby, room and accounts do not agree on what is there and who sits.",
    "treasure_server_wrong": "A room server is told of that did not live, or lived already.",
    # --- beehive ---
    "beehive_unanswered": "A message was not committed with the one answer that accepts it.",
    "beehive_message_doubled": "One command of a device sent more than one message.",
    "beehive_seq_fell": "The number of a device's command is not above the ones before.",
    "beehive_device_differs": "A device is another user's than an event says, or nobody's.",
    "beehive_misaddressed": "An event lies with another aggregate than it names, or with nobody.",
    "beehive_copy_unfounded": "A sender's copy of a message is not as the message.",
    "beehive_blacklisted": "Somebody sent or entered where a black list keeps him out.",
    "beehive_muted_wrong": "A message is muted without a gag, or not muted with one.",
    "beehive_ack_unfounded": "A device has something that its queue never held.",
    "beehive_ack_doubled": "A device acknowledged a message twice.",
    "beehive_heard_wrong": "A device has heard more than was said.",
    "beehive_friend_unfounded": "A friendship was made that not both had asked for.",
    "beehive_friend_differs": "Two users do not agree on whether they are friends.",
    "beehive_member_differs": "A group and a user do not agree on whether he is in it.",
    "beehive_presence_differs": "A room and a device do not agree on whether it is in it.",
    "beehive_not_inside": "Somebody spoke in a group or a room that he was not in.",
    "beehive_gagged": "Somebody spoke in a group that gagged him.",
    "beehive_sub_group_unknown": "A sub-group is named that the room does not have.",
    "beehive_not_allowed": "Somebody did what his role does not let him do.",
    "beehive_owner_wrong": "A group has no owner, or more than one.",
    "beehive_after_end": "Something happened in a group or a room that is no more, or not yet.",
    "beehive_epoch_wrong": "A start of the engine is named that is not the running one.",
    "beehive_number_doubled": "A number for a device, a group or a room was given out twice.",
    "beehive_msgid_doubled": "The numbers of broadcasts do not grow.",
    "beehive_node_conflict": "Two living nodes have one address, or one has two.",
    # --- payments ---
    "payment_missing": "A settled amount was not posted.",
    "payment_wrong": "A posting is not what the settlement says.",
    "payment_unfounded": "A posting or a count names a game that it does not belong to.",
    "purse_wrong": "A settlement stands on another purse than the account had.",
    "count_wrong": "A finished game was not counted once for each player, as it was settled.",
}
"""Every code with what it means, one line each."""

OF_PLAYERS: Final = frozenset(
    {
        "chunk_undecodable",
        "chunk_torn",
        "chunk_unknown",
        "frame_implausible",
        "attack_unreceived",
        "attack_unsent",
    }
)
"""What a player's own program can cause: the engine relays records without reading them."""

KEPT: Final = 1_000
"""Findings kept of one code; what is beyond is only counted."""


class Where(NamedTuple):
    """The event a finding is about, as far as it is known."""

    position: int | None = None
    originator_id: str | None = None
    version: int | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be. Field names are those of the JSON output."""

    code: str
    position: int | None
    originator_id: str | None
    originator_version: int | None
    detail: str
    field: str | None
    """The event's field, or the row's column, that differs."""
    expected: Any
    found: Any


class Findings:
    """The findings of one audit, at most `KEPT` of a code."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(
        self,
        code: str,
        where: Any,
        detail: str,
        *,
        field: str | None = None,
        expected: Any = None,
        found: Any = None,
    ) -> None:
        """Add one.

        Args:
            code: One of `CODES`.
            where: Anything with `position`, `originator_id` and `version` (`Where`, a row).
            detail: One sentence for people.
            field: Which field or column differs.
            expected: What should be there; becomes JSON.
            found: What is there; becomes JSON.
        """
        assert code in CODES, code
        self._counts[code] += 1
        if self._counts[code] > KEPT:
            return
        finding = Finding(
            code=code,
            position=_whole(where.position),
            originator_id=_named(where.originator_id),
            originator_version=_whole(where.version),
            detail=readable(detail),
            field=field,
            expected=plain(expected),
            found=plain(found),
        )
        self._kept.append(finding)

    def __len__(self) -> int:
        return self._counts.total()

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._kept, key=_order))

    def dropped(self) -> dict[str, int]:
        """Return how many findings of a code were counted but not kept."""
        return {code: count - KEPT for code, count in self._counts.items() if count > KEPT}


def _named(originator_id: object) -> str | None:
    # SQLite keeps any value in any column, and a damaged file has the oddest ones.
    return originator_id if originator_id is None else str(plain(originator_id))


def _whole(number: object) -> int | None:
    return number if isinstance(number, int) else None


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it; bytes as text where they are, else as hex.

    In text from a row, a byte that is no UTF-8 is told by its number.
    """
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    return msgspec.json.decode(msgspec.json.encode(value))


def _order(finding: Finding) -> tuple[bool, int, bool]:
    # What is about the whole log comes last; otherwise in the log's own order, and of one
    # event first what is wrong with its bytes, then what the rules say to them.
    bytes_first = not finding.code.startswith(("event_", "seal_"))
    return finding.position is None, finding.position or 0, bytes_first
