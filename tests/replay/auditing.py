"""Audits a log in a folder, and sums up what was found."""

from parlour.events.reader import LogReader
from parlour.replay.audit import audit


def audited(folder, **options):
    with LogReader(folder) as reader:
        return audit(reader, **options)


def found(report):
    """Return every finding as (code, position)."""
    return {(finding.code, finding.position) for finding in report.findings}
