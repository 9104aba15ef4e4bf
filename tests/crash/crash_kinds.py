"""The kinds of games, by name."""

import crash_beehive
import crash_landlord
import crash_techmino
import crash_treasure

KINDS = {
    "landlord": crash_landlord,
    "beehive": crash_beehive,
    "techmino": crash_techmino,
    "treasure": crash_treasure,
}
"""Modules, each with `LISTENERS`, `clients`, `result` and `promised`."""
