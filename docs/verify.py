"""Verify a Parlour log without Parlour: `python3 -I -S verify.py LOG [HEAD]`; see verify.md.

Prints what it checked; exits 0, or 1 with what it found. It needs Python alone, and never writes.
"""

import hashlib
import itertools
import json
import sqlite3
import struct
import sys
from pathlib import Path

faults: list[str] = []


def check(holds: bool, fault: str) -> None:
    """Note a fault unless something holds."""
    if not holds:
        faults.append(fault)


def text(value: str | bytes) -> bytes:
    """Return how a text enters a digest: its length and its bytes."""
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(raw)) + raw


def chain(db: sqlite3.Connection) -> tuple[dict[int, tuple], dict[str, list]]:
    """Check every seal; return seals by number and the events of games by aggregate."""
    rows = db.execute("SELECT rowid, * FROM stored_events ORDER BY rowid")
    position, previous, seals, versions, games = 0, bytes(32), {}, {}, {}
    for seal in db.execute("SELECT * FROM seals ORDER BY number"):
        number, first, last, digest, *_ = seal
        check(number == len(seals) + 1, f"seal {len(seals) + 1} is missing")
        check(first == position + 1 <= last, f"seal {number} does not begin at {position + 1}")
        content = hashlib.sha256(previous + struct.pack(">QQQ", number, first, last))
        for rowid, name, version, topic, state in itertools.islice(rows, last - position):
            position += 1
            check(rowid == position, f"position {position} is missing: {rowid} comes next")
            versions[name] = versions.get(name, 0) + 1
            check(version == versions[name], f"position {rowid}: {name} has no {versions[name]}")
            content.update(text(name) + struct.pack(">Q", version) + text(topic) + text(state))
            if name.startswith(("log", "landlord.hand:", "treasure.game:")):
                games.setdefault(name, []).append((topic.split("@")[0], json.loads(state)))
        check(content.digest() == digest, f"seal {number} does not fit positions {first} to {last}")
        seals[number], previous = seal, digest
    check(next(rows, None) is None, f"no seal covers what is behind position {position}")
    print(f"{position} events, {len(seals)} seals; digest of the last one: {previous.hex()}")
    return seals, games


def shuffled(secret: bytes, nonces: list[str]) -> list[int]:
    """Return the deck as docs/protocols/landlord.md ("Fairness") shuffles it."""
    given = b"".join(struct.pack(">H", len(n.encode())) + n.encode() for n in nonces)
    key = hashlib.sha256(secret + given).digest()
    blocks = (hashlib.sha256(key + struct.pack(">I", i)).digest() for i in itertools.count())
    draws = itertools.chain.from_iterable(struct.unpack(">8I", block) for block in blocks)
    cards = sorted([suit << 4 | n for suit in range(4) for n in range(1, 14)] + [14, 15])
    for i in range(53, 0, -1):
        j = next(n for n in draws if n < 2**32 - 2**32 % (i + 1)) % (i + 1)
        cards[i], cards[j] = cards[j], cards[i]
    return cards


def hand(name: str, events: list[tuple[str, dict]]) -> bool:
    """Deal a hand again from each secret it revealed; tell whether it revealed any."""
    commitments, dealt, plays, landlord, revealed = events[0][1]["commitments"], {}, [], 0, False
    for topic, event in events:
        if topic == "landlord.hand-dealt":
            dealt, plays = event, []
        landlord = event["seat"] if topic == "landlord.landlord-named" else landlord
        plays += [event] if topic == "landlord.cards-played" else []
        if secret := bytes.fromhex(event.get("secret", "")):
            revealed, cards = True, shuffled(secret, dealt["nonces"])
            digest = hashlib.sha256(secret).hexdigest()
            check(digest == commitments[dealt["deal"]], f"{name}: another secret was committed to")
            check(cards[51:] == dealt["bottom"], f"{name}: another bottom was shown")
            held = [cards[seat * 17 : seat * 17 + 17] for seat in range(3)]
            held[landlord] += cards[51:]
            for seat, card in ((play["seat"], card) for play in plays for card in play["cards"]):
                check(card in held[seat], f"{name}: seat {seat} played {card} without having it")
                held[seat] = [other for other in held[seat] if other != card]
            winners = {int(seat != landlord) for seat in range(3) if not held[seat]}
            won = {event.get("win_type", 2)} - {2}
            check(winners == won, f"{name}: who won is not who played all his cards")
    return revealed


def treasure(name: str, events: list[tuple[str, dict]]) -> bool:
    """Check the seed that a treasure game revealed; tell whether it did."""
    seeds = [event["seed"] for topic, event in events if topic == "treasure.game-settled"]
    digests = {hashlib.sha256(bytes.fromhex(seed)).hexdigest() for seed in seeds}
    check(digests <= {events[0][1]["commitment"]}, f"{name}: the seed is not the one committed to")
    return bool(seeds)


def head(path: str, seals: dict[int, tuple], opened: dict) -> None:
    """Check that the seal which somebody wrote down is in this log."""
    kept = json.loads(Path(path).read_text())
    seal = seals.get(kept["seal"])
    check(kept["log"] == opened["log"], "the head is another log's")
    check(seal is not None or kept["seal"] == 0, "the log ends before the head: its end is gone")
    fits = seal is None or [seal[2], seal[3].hex()] == [kept["position"], kept["digest"]]
    check(fits, "this is not the seal that was written down: the chain was made anew")
    print(f"compared with the head of seal {kept['seal']}, position {kept['position']}")


def verify(file: str, *heads: str) -> None:
    """Check a whole log, and against each head."""
    path = Path(file).absolute()
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    seals, games = chain(sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True))
    for kind, judge in (("landlord.hand:", hand), ("treasure.game:", treasure)):
        those = [(name, events) for name, events in games.items() if name.startswith(kind)]
        judged = sum(judge(name, events) for name, events in those)
        print(f"{kind[:-1]}: {judged} revealed and checked, {len(those) - judged} not revealed")
    for kept in heads:
        head(kept, seals, games["log"][0][1])


try:
    verify(*sys.argv[1:])
except Exception as error:  # whatever an altered file makes of this program
    faults.append(f"cannot be read on: {type(error).__name__}: {error}")
for fault in faults[:20]:
    print("FOUND:", fault)
print(f"{len(faults)} faults" if faults else "nothing found")
sys.exit(bool(faults))
