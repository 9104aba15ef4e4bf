"""What the audit finds in an altered log of treasure games; and a game to begin with."""

from auditing import audited
from treasuries import EMBEDDED

from parlour.events.rules.treasure import draws


def found(tamperer, **options):
    """Return code, position and field of every finding, seals made anew and snapshots gone."""
    tamperer.sql("DELETE FROM snapshots")
    tamperer.reseal()
    findings = audited(tamperer.folder, **options).findings
    return [(finding.code, finding.position, finding.field) for finding in findings]


def begun(treasury, room):
    """A game of four on its first day."""
    for uid in (1, 2, 3, 4):
        room.register(uid)
    treasury.serve(EMBEDDED)
    treasury.open_room(1, 1)
    treasury.join(1, 2, 3, 4)
    game = treasury.start(1)
    assert draws.commitment(treasury.seed(game)) == treasury.state(game).commitment
    return game
