"""The settings actors see; the network's configuration holds one of these."""

from __future__ import annotations

import msgspec

from parlour.actors.beehive.settings import BeehiveSettings, ClusterSettings
from parlour.actors.landlord.settings import LandlordSettings
from parlour.actors.techmino.settings import TechminoSettings
from parlour.actors.treasure.settings import GameServer, TreasureSettings


class TokenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long a new token is good, in seconds, by kind."""

    skey: int = 30 * 86_400
    """Dou Dizhu login."""
    auth: int = 5 * 86_400
    """Techmino, long."""
    access: int = 1_800
    """Techmino, short."""
    beehive: int = 30 * 86_400
    """Instant messaging."""
    operator: int = 365 * 86_400
    """Operators' tools."""


class ActorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine was started with, as far as actors care."""

    open: bool = False
    """Local play: any token is good, unknown uids are registered."""
    default_purse: int = 10_000
    """Money of an account made by an operator or with `open`."""
    token_seconds: TokenSettings = TokenSettings()
    landlord: LandlordSettings = msgspec.field(default_factory=LandlordSettings)
    techmino: TechminoSettings = msgspec.field(default_factory=TechminoSettings)
    beehive: BeehiveSettings = msgspec.field(default_factory=BeehiveSettings)
    cluster: ClusterSettings = msgspec.field(default_factory=ClusterSettings)
    treasure: TreasureSettings = msgspec.field(default_factory=TreasureSettings)
    game_server: GameServer | None = None
    """Where this process serves treasure games, None when it does not."""
