"""What the audit finds in the log of a day of instant messaging, and ways to alter it."""

from auditing import audited

AT = {"at": 1_795_158_100_000_000}


def found(tamperer):
    """Return code, position and field of every finding, seals made anew."""
    tamperer.reseal()
    findings = audited(tamperer.folder).findings
    return [(finding.code, finding.position, finding.field) for finding in findings]


def changing(tamperer):
    """Return what alters fields of the nth event of a name; it returns the event's position."""

    def alter(name, *, of="%", nth=0, where=None, **fields):
        position = tamperer.find(f"beehive.{name}", of=of, nth=nth, **(where or {}))
        return tamperer.change(position, **fields)

    return alter


def adding(tamperer):
    """Return what puts an event behind all others, sealed by itself; it returns the position."""

    def append(aggregate_id, name, **fields):
        return tamperer.append((aggregate_id, f"beehive.{name}@1", {**AT, **fields}))

    return append
