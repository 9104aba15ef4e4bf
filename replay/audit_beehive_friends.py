"""Friendships: made when both have asked, and always of both."""

from __future__ import annotations

from collections import defaultdict

from parlour.events import beehive as facts
from parlour.events.reader import Recorded
from parlour.replay.findings import Findings


class FriendsExaminer:
    """Judges who is whose friend."""

    def __init__(self, findings: Findings) -> None:
        """Begin before the first event."""
        self._findings = findings
        self._asked: defaultdict[int, set[int]] = defaultdict(set)
        """Whom each has asked, those who became friends included."""
        self._friends: defaultdict[int, set[int]] = defaultdict(set)
        self._touched: dict[tuple[int, int], Recorded] = {}
        """Pairs of which something was said in the running commit."""

    def see(
        self,
        recorded: Recorded,
        event: facts.FriendAsked | facts.FriendMade | facts.FriendLost,
        uid: int,
    ) -> None:
        """Take the next word of a user about another."""
        other = event.uid
        if isinstance(event, facts.FriendAsked):
            if other in self._asked[uid]:
                self._findings.add(
                    "event_repeated",
                    recorded,
                    "he had asked for this friendship already",
                    field="uid",
                    found=other,
                )
            self._asked[uid].add(other)
            return
        if isinstance(event, facts.FriendMade):
            if other not in self._asked[uid] or uid not in self._asked[other]:
                asked = [
                    one for one, two in ((uid, other), (other, uid)) if two in self._asked[one]
                ]
                self._findings.add(
                    "beehive_friend_unfounded",
                    recorded,
                    "they became friends, and not both had asked",
                    field="uid",
                    expected=[uid, other],
                    found=asked,
                )
            self._friends[uid].add(other)
        else:
            self._friends[uid].discard(other)
            self._asked[uid].discard(other)
        self._touched[min(uid, other), max(uid, other)] = recorded

    def commit(self) -> None:
        """The events since the last call were committed together."""
        for (one, other), recorded in self._touched.items():
            forth, back = other in self._friends[one], one in self._friends[other]
            if forth != back:
                self._findings.add(
                    "beehive_friend_differs",
                    recorded,
                    f"uid {one} and uid {other} do not agree on whether they are friends",
                    expected=forth,
                    found=back,
                )
        self._touched.clear()
