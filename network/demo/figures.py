"""The numbers of one demo, all measured while it ran."""

from __future__ import annotations

import msgspec


class Figures(msgspec.Struct, kw_only=True):
    """Filled in as the story goes on; 0 where it did not get that far."""

    hands: int = 0
    commands: int = 0
    """What the bots asked of the engine at the card table."""
    play_seconds: float = 0.0
    """Of the hands alone."""
    chunks: int = 0
    """Sent in the Techmino match."""
    relayed: int = 0
    """The same as the others heard them."""
    treasure_commands: int = 0
    """What the bots asked of the engine in the treasure game."""
    start_seconds: float = 0.0
    """From starting the process to accepting connections, with an empty log."""
    recovery_seconds: float = 0.0
    """The same after kill −9, with the running hand, match and treasure game recovered."""
    back_seconds: float = 0.0
    """Until everybody was back in every game."""
    seconds_left_before: float = 0.0
    """On the running turn's clock at the kill."""
    seconds_left_after: float = 0.0
    events: int = 0
    games: int = 0
    seals: int = 0
    audit_seconds: float = 0.0
    """Of the whole command, Python's own start included."""
    seconds: float = 0.0
    """The whole demo."""
