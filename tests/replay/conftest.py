"""Logs to replay and to audit, made once a session and copied for whoever alters them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from parlour.network.cli import main

# The builders are modules of their own, and pytest's importlib mode leaves folders off the path.
sys.path.insert(0, str(Path(__file__).parent))

from evenings import evening
from halls import Hall, night
from hives import Hive, day
from tables import Room
from tampering import copies
from treasuries import Treasury, hunt


@pytest.fixture
def room(tmp_path):
    """An empty room in tmp_path / "data"."""
    room = Room(tmp_path / "data")
    yield room
    room.close()


@pytest.fixture(scope="session")
def played(tmp_path_factory):
    """The log of a whole evening; read it, or copy it."""
    folder = tmp_path_factory.mktemp("played") / "data"
    with Room(folder, seed=5, units_a_commit=3) as room:
        evening(room)
    return folder


@pytest.fixture(scope="session")
def signing(tmp_path_factory):
    """A private key, and the file it is in."""
    key = Ed25519PrivateKey.generate()
    file = tmp_path_factory.mktemp("key") / "signing.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key, file


@pytest.fixture(scope="session")
def signed(tmp_path_factory, signing):
    """A short log whose every seal is signed."""
    folder = tmp_path_factory.mktemp("signed") / "data"
    with Room(folder, signing_key=signing[1]) as room:
        for uid in (1, 2, 3):
            room.register(uid)
        table = room.table()
        table.seat(1, 2, 3)
        table.play_hand()
    return folder


@pytest.fixture
def copy_of(tmp_path):
    """Copies a log's folder and opens it for tampering."""
    with copies(tmp_path) as copy:
        yield copy


@pytest.fixture
def tamperer(played, copy_of):
    """A copy of the evening's log, open for tampering."""
    return copy_of(played)


@pytest.fixture
def hall(room):
    """An empty hall in tmp_path / "data"."""
    return Hall(room)


@pytest.fixture(scope="session")
def danced(tmp_path_factory):
    """The log of a whole Techmino night; read it, or copy it."""
    folder = tmp_path_factory.mktemp("danced") / "data"
    with Room(folder, seed=6, units_a_commit=3) as room:
        night(Hall(room))
    return folder


@pytest.fixture
def tamperer_of_night(danced, copy_of):
    """A copy of the night's log, open for tampering."""
    return copy_of(danced)


@pytest.fixture
def treasury(room):
    """An empty treasury in tmp_path / "data"."""
    return Treasury(room)


@pytest.fixture(scope="session")
def hunted(tmp_path_factory):
    """The log of whole treasure games; read it, or copy it."""
    folder = tmp_path_factory.mktemp("hunted") / "data"
    with Room(folder, seed=8, units_a_commit=3) as room:
        hunt(Treasury(room))
    return folder


@pytest.fixture
def hive(room):
    """An empty hive in tmp_path / "data"."""
    return Hive(room)


@pytest.fixture(scope="session")
def buzzed(tmp_path_factory):
    """The log of a whole day of instant messaging; read it, or copy it."""
    folder = tmp_path_factory.mktemp("buzzed") / "data"
    with Room(folder, seed=7) as room:
        day(Hive(room))
    return folder


@pytest.fixture
def tamperer_of_hunt(hunted, copy_of):
    """A copy of the treasure games' log, open for tampering."""
    return copy_of(hunted)


@pytest.fixture
def keyless(tamperer_of_hunt):
    """That log without the key file: the running game's seed is not known."""
    (tamperer_of_hunt.folder / "deck.key").unlink()
    return tamperer_of_hunt


@pytest.fixture
def tamperer_of_day(buzzed, copy_of):
    """A copy of the day's log, open for tampering."""
    return copy_of(buzzed)


# --- the command line -------------------------------------------------------------------------


@pytest.fixture
def parlour(capsys):
    """Runs a command; returns exit code, stdout and stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return left.value.code, printed.out, printed.err

    return run


@pytest.fixture
def document_of(parlour):
    """Runs a command with --json; returns its one document."""

    def run(*arguments, code=0):
        left, out, err = parlour(*arguments, "--json")
        assert (left, err) == (code, "")
        return json.loads(out)

    return run
