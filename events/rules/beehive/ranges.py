"""Sets of versions as flat tuples of closed ranges: (first, last, first, last, …).

Ascending, and no two ranges touch. A set that grows in order costs one range, however large.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

Ranges = tuple[int, ...]


def add(ranges: Ranges, first: int, last: int) -> Ranges:
    """Return the set with `first`..`last` in it."""
    if not ranges:
        return (first, last)
    if ranges[-1] == first - 1:  # nearly always
        return (*ranges[:-1], last)
    # Ranges that end before first - 1, or begin after last + 1, stay as they are.
    low = bisect_left(ranges, first - 1)
    low -= low % 2
    high = bisect_right(ranges, last + 1)
    high += high % 2
    if low < high:
        first = min(first, ranges[low])
        last = max(last, ranges[high - 1])
    return (*ranges[:low], first, last, *ranges[high:])


def has(ranges: Ranges, version: int) -> bool:
    """Tell whether a version is in the set."""
    index = bisect_right(ranges, version)
    return bool(index % 2) or (index > 0 and ranges[index - 1] == version)


def touches(ranges: Ranges, version: int) -> bool:
    """Tell whether the set would need no further range with a version in it."""
    return any(has(ranges, near) for near in (version - 1, version, version + 1))


def gaps(ranges: Ranges, last: int) -> list[tuple[int, int]]:
    """Return the ranges of 1..`last` that are not in the set, ascending."""
    found = []
    start = 1
    for index in range(0, len(ranges), 2):
        if ranges[index] > start:
            found.append((start, min(ranges[index] - 1, last)))
        start = ranges[index + 1] + 1
        if start > last:
            break
    if start <= last:
        found.append((start, last))
    return [(low, high) for low, high in found if low <= high]
