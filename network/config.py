"""Everything an operator may set, with its default; one struct a section of the TOML file.

How files and `--set` are read into these is in `configfile.py`. The string under a field is
the comment `parlour config` prints beside it.
"""

from __future__ import annotations

import msgspec

from parlour.actors.beehive.settings import BeehiveSettings, ClusterSettings
from parlour.actors.landlord.settings import LandlordSettings
from parlour.actors.settings import TokenSettings
from parlour.actors.techmino.settings import TechminoSettings
from parlour.actors.treasure.settings import TreasureSettings


class ListenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where to listen without `--listen`; with it only what it names is served."""

    http: str = "127.0.0.1:8080"
    """HTTP and WebSocket."""
    landlord: str = "127.0.0.1:9100"
    """Dou Dizhu over TCP."""
    beehive: str = "127.0.0.1:9002"
    """Instant messaging over TCP."""
    beehive_nodes: str = msgspec.field(default="127.0.0.1:9003", name="beehive-nodes")
    """Where nodes of instant messaging report."""
    treasure: str = "127.0.0.1:9200"
    """The treasure game's lobby over TCP."""
    treasure_room: str = msgspec.field(default="127.0.0.1:9201", name="treasure-room")
    """Its games over TCP, when this process serves them."""
    nodes: str = "127.0.0.1:9202"
    """Where its room servers in other processes connect."""


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What one peer may take; 0 as a number of connections means no limit."""

    connections: int = 20_000
    """Open connections in all."""
    connections_per_address: int = 64
    """Open connections from one IPv4 address or one IPv6 /64 (512 with --open)."""
    messages_per_second: float = 20.0
    """Steady rate of one connection (5,000 with --open)."""
    burst: int = 60
    """Messages at once of one connection (10,000 with --open)."""
    auth_seconds: float = 10.0
    """Time to log in, and to send a whole HTTP request."""
    idle_seconds: float = 300.0
    """How long a connection may stay after logging out."""
    out_bytes: int = 1_048_576
    """Bytes waiting for a slow reader before it is cut off."""
    linger_seconds: float = 2.0
    """How long a closed connection may take to fetch its last message."""
    keepalive_seconds: int = 60
    """Silence after which the kernel asks whether the peer's machine is there; 0 never asks."""


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """HTTP and WebSocket."""

    ping_seconds: float = 30.0
    """Silence after which a WebSocket is pinged, and half of it to answer; 0 never pings."""
    keepalive_seconds: float = 30.0
    """How long an HTTP connection stays open between requests."""
    metrics: bool = True
    """Serve /metrics on this listener."""


class TlsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """With a certificate and a key, every listener speaks TLS only."""

    certificate: str = ""
    """PEM file with the certificate chain."""
    key: str = ""
    """PEM file with its key."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The event log."""

    signing_key: str = ""
    """PEM file with an Ed25519 private key that signs each seal; empty for none."""


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Memory."""

    actors: int = 20_000
    """Idle actors kept in memory."""
    states: int = 20_000
    """States of aggregates kept in memory; what is not on disk yet stays in any case."""


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts."""

    default_purse: int = 10_000
    """Money of an account that an operator or --open makes."""
    token_seconds: TokenSettings = TokenSettings()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All settings."""

    listen: ListenSettings = ListenSettings()
    limits: LimitSettings = LimitSettings()
    http: HttpSettings = HttpSettings()
    tls: TlsSettings = TlsSettings()
    log: LogSettings = LogSettings()
    engine: EngineSettings = EngineSettings()
    accounts: AccountSettings = AccountSettings()
    landlord: LandlordSettings = msgspec.field(default_factory=LandlordSettings)
    techmino: TechminoSettings = msgspec.field(default_factory=TechminoSettings)
    beehive: BeehiveSettings = msgspec.field(default_factory=BeehiveSettings)
    cluster: ClusterSettings = msgspec.field(default_factory=ClusterSettings)
    treasure: TreasureSettings = msgspec.field(default_factory=TreasureSettings)


OPEN_LIMITS = LimitSettings(connections_per_address=512, messages_per_second=5_000.0, burst=10_000)
"""What limits start from with `--open`: bots on one machine play at full speed."""
