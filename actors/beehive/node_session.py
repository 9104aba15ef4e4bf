"""One connection of a node, `beehive.node.session:{number}`.

The first thing a node says is that it knows the cluster's secret; before that nothing of it is
believed. What it reports afterwards goes to `beehive.nodes:1`, with the number it proved to have.
"""

from __future__ import annotations

from typing import ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.beehive.messages import NodeEnters, NodeLetIn, NodeSays
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Close, Reply
from parlour.events.beehive import NODES_ID
from parlour.events.messages.beehive import common, node, room
from parlour.events.messages.beehive.packet import Message, Packet, Request
from parlour.events.rules.beehive import notices

REPORTS: Final = frozenset(
    (node.LsndInfo, node.FrwdInfo, room.RoomLsnStat, node.ForwarderListWanted)
)
"""What a node is heard for; everything else it may say is an ack of something we said."""


class NodeSession(EngineActor):
    """The actor of one node's connection."""

    RESTARTS = False  # it holds only who was let in, and that is still true

    nid: int = 0
    """0 until it is let in."""
    _asked: bool = False

    @property
    def session(self) -> int:
        """The hub's number of the connection."""
        return int(self.id.rpartition(":")[2])

    def may_end(self) -> bool:
        """A session ends with its connection, not before."""
        return False

    def on_opened(self, message: SessionOpened) -> None:
        """A node has connected; it must speak first."""

    def on_request(self, message: FromSession) -> None:
        """Pass a report on, once it is known whose it is."""
        request: Request = message.request
        said = request.message
        if type(said) is common.Ping:
            self._reply(common.Pong(), request.seq)
        elif type(said) is node.NodeAuth:
            self._enter(said, request.seq)
        elif type(said) in REPORTS:
            self._report(request)

    def _enter(self, said: node.NodeAuth, seq: int) -> None:
        if self._asked:  # who it is does not change in mid-connection
            self._refuse(notices.CHECK_FAILED, seq)
            return
        self._asked = True
        self.tell(NODES_ID, NodeEnters(origin=self.id, session=self.session, proof=said, seq=seq))

    def _report(self, request: Request) -> None:
        if not self.nid:
            self._refuse(notices.UNKNOWN_USER, request.seq)
            self.context.say(Close(self.session, "a report before the proof of the secret"))
        elif getattr(request.message, "nid", self.nid) != self.nid:
            self._refuse(notices.CHECK_FAILED, request.seq)
        else:
            self.tell(
                NODES_ID,
                NodeSays(origin=self.id, session=self.session, nid=self.nid, request=request),
            )

    def on_let_in(self, message: NodeLetIn) -> None:
        """The proof was good."""
        self.nid = message.nid

    def on_refused(self, message: Refused) -> None:
        """What this node said was dropped whole."""
        self._refuse(notices.SYSTEM, 0)
        self.context.hub.retract(self.session)
        if not self.context.hub.admitted(self.session):
            self.context.say(Close(self.session, message.code, failed=True))

    def _refuse(self, code: int, seq: int) -> None:
        self._reply(common.Error(code=code, errmsg=notices.TEXTS[code]), seq)

    def _reply(self, message: Message, seq: int) -> None:
        self.context.say(Reply(self.session, Packet(message, seq)))

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: on_opened,
        FromSession: on_request,
        NodeLetIn: on_let_in,
        Refused: on_refused,
    }
