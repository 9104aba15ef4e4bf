"""A tiny engine and in-memory connections: no actors, no log."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from parlour.actors.messages import FromSession
from parlour.actors.ports import Bind, Output, Reply
from parlour.events.messages import landlord as wire
from parlour.network.config import LimitSettings
from parlour.network.edge import Edge
from parlour.network.hub import ConnectionHub
from parlour.network.limits import Gate
from parlour.network.metrics import Metrics

# Tests are imported by path (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))


class TinyEngine:
    """Remembers what it was told; binds who joins, answers everything else with logout_ok."""

    def __init__(self) -> None:
        self.accepting = True
        self.told: list[tuple[str, Any]] = []
        self.ended: list[str] = []
        self.hub: ConnectionHub | None = None
        self.answer: Callable[[int, Any], list[Output]] = answer_plainly

    def tell(self, actor_id: str, message: Any) -> None:
        self.told.append((actor_id, message))
        if isinstance(message, FromSession) and self.hub is not None:
            self.hub.deliver(self.answer(message.session, message.request))

    def end(self, actor_id: str) -> None:
        self.ended.append(actor_id)

    def requests(self) -> list[Any]:
        return [m.request for _, m in self.told if isinstance(m, FromSession)]


def answer_plainly(session: int, request: Any) -> list[Output]:
    if isinstance(request, wire.JoinTable):
        seat = wire.JoinTableSucc(type=request.type, sid=1, tid=1, seatid=0)
        return [Bind(session, "landlord", request.uid), Reply(session, seat)]
    return [Reply(session, wire.LogoutOk(uid=request.uid))]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine() -> TinyEngine:
    return TinyEngine()


@pytest.fixture
def hub(engine: TinyEngine, clock: Clock) -> ConnectionHub:
    hub = ConnectionHub(Metrics(), out_limit=1000, clock=clock)
    hub.engine = engine
    engine.hub = hub
    return hub


@pytest.fixture
def make_edge(engine: TinyEngine) -> Callable[..., Edge]:
    """A whole edge on the real clock; keyword arguments are limits."""

    def make(**limits: Any) -> Edge:
        settings = LimitSettings(**{"linger_seconds": 0.5, **limits})
        metrics = Metrics()
        hub = ConnectionHub(
            metrics,
            out_limit=settings.out_bytes,
            auth_seconds=settings.auth_seconds,
            idle_seconds=settings.idle_seconds,
        )
        hub.engine = engine
        engine.hub = hub
        gate = Gate(total=settings.connections, per_address=settings.connections_per_address)
        return Edge(engine, hub, gate, settings, metrics)

    return make


@pytest.fixture
def wires() -> SimpleNamespace:
    """Shorthand for messages several tests send."""
    return SimpleNamespace(
        join=lambda uid: b'{"cmd":"CLIENT_JOIN_TABLE_REQ","type":1,"uid":%d,"skey":"x"}' % uid,
        logout=lambda uid: b'{"cmd":"logout","uid":%d}' % uid,
    )


@pytest.fixture
def certificate(tmp_path):
    """A certificate for localhost, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, key_file = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, key_file
