"""The settings of an engine, drawn anew for each world."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from parlour.network.config import OPEN_LIMITS, AccountSettings, Config

SECRET = "what nodes and room servers know"


def choose_config(random: Random, *, remote: bool) -> Config:
    """Return settings that differ from seed to seed; `remote` when there are room servers."""
    config = Config()
    slow = random.random() < 0.3
    embedded = not remote or random.random() < 0.4
    return replace(
        config,
        limits=replace(OPEN_LIMITS, out_bytes=random.choice((20_000, 1_048_576))),
        accounts=AccountSettings(default_purse=random.choice((3_000, 10_000))),
        landlord=replace(config.landlord, play_seconds=5.0, call_seconds=5.0)
        if random.random() < 0.5
        else config.landlord,
        techmino=replace(config.techmino, practice=random.random() < 0.5),
        treasure=replace(config.treasure, embedded=embedded)
        if slow
        else replace(
            config.treasure,
            embedded=embedded,
            move_seconds=6.0,
            action_seconds=6.0,
            auction_seconds=4.0,
            explore_seconds=4.0,
            verify_seconds=8.0,
        ),
        cluster=replace(config.cluster, secret=SECRET),
        engine=replace(
            config.engine,
            actors=random.choice((20, 20_000)),
            states=random.choice((20, 20_000)),
        ),
    )
