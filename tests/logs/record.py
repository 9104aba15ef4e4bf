"""Record a log for ever: `python tests/logs/record.py NAME BUILDER`, or `NAME --data DIR`.

Makes the folder NAME beside this file with a log and what replay and audit say to it today. Refuses
to touch a folder that is there: recorded logs and their golden results never change (README.md).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from parlour.events.reader import LogReader
from parlour.network.cli import cli

sys.path.insert(0, str(Path(__file__).parents[1] / "replay"))

from evenings import evening
from halls import Hall, night
from hives import Hive, day
from tables import Room
from treasuries import Treasury, hunt

LOGS = Path(__file__).parent
GOLDEN = "golden.jsonl"
MOST_BYTES = 300 * 1024
AUDITED = ("ok", "events", "games", "seals", "findings", "head")
"""What is kept of an audit: all of its contract, nothing that is a sentence."""

BUILDERS: dict[str, Callable[[Room], None]] = {
    "landlord": evening,
    "techmino": lambda room: night(Hall(room)),
    "beehive": lambda room: day(Hive(room)),
    "treasure": lambda room: hunt(Treasury(room)),
}


def said(command: list[str], folder: Path) -> Any:
    """Run a command on a log in `folder` (it stands for "{data}"); return its JSON."""
    arguments = [part.replace("{data}", str(folder)) for part in command]
    run = CliRunner().invoke(cli, [*arguments, "--data", str(folder), "--json"])
    if run.exit_code or run.exception:
        raise RuntimeError(f"{command}: {run.exit_code} {run.output}") from run.exception
    document = json.loads(run.stdout)
    if command[0] == "audit":
        return {name: document[name] for name in AUDITED}
    return document


def commands(folder: Path) -> Iterator[list[str]]:
    """Yield every command whose answer is kept."""
    audit = ["audit", "--head", "{data}/head.json"]
    signed = (folder / "seal.pub").exists()
    yield [*audit, "--public-key", "{data}/seal.pub"] if signed else audit
    yield ["log", "head"]
    yield ["replay", "games"]
    for game in said(["replay", "games"], folder)["games"]:
        yield ["replay", "game", game["id"]]
        if game["kind"] == "techmino.match":
            yield ["replay", "stream", game["id"].partition(":")[2]]
        elif game["state"] == "finished":
            yield ["replay", "game", game["id"], "--seat", "1"]
    with LogReader(folder) as reader:
        for kind, name in (
            ("techmino.chat", "techmino:"),
            ("techmino.room", "techmino.room:"),
            ("beehive.room", "room:"),
            ("beehive.group", "group:"),
            ("beehive.user", "user:"),
        ):
            for aggregate_id in reader.aggregate_ids(kind):
                yield ["replay", "chat", name + aggregate_id.partition(":")[2]]


def record(name: str, play: Callable[[Room], None]) -> None:
    """Play a log, signed, into a folder of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        key = Ed25519PrivateKey.generate()
        pem = Path(temporary) / "signing.pem"
        pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with Room(data, seed=5, units_a_commit=3, signing_key=pem) as room:
            play(room)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (data / "seal.pub").write_bytes(public)
        keep(name, data)


def keep(name: str, data: Path) -> None:
    """Copy a log nobody writes into a folder of its own, with its golden results."""
    target = LOGS / name
    target.mkdir()
    for file in ("log.db", "deck.key", "seal.pub"):
        if (data / file).exists():
            shutil.copy(data / file, target / file)
    with LogReader(target) as reader:
        (target / "head.json").write_text(json.dumps(reader.head()) + "\n")
    with open(target / GOLDEN, "w", encoding="utf-8") as file:
        for command in commands(target):
            kept = {"command": command, "document": said(command, target)}
            file.write(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name")
    parser.add_argument("builder", nargs="?", choices=BUILDERS)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    if (LOGS / options.name).exists():
        parser.error(f"{options.name} is recorded, and stays as it is: choose another name")
    if (options.builder is None) == (options.data is None):
        parser.error("name a builder, or a log with --data")
    if options.data is not None:
        keep(options.name, options.data)
    else:
        record(options.name, BUILDERS[options.builder])


if __name__ == "__main__":
    main()
