"""The nodes of the installation, `beehive.nodes:1`: who proved to be one, and which are alive.

A node's word counts for `beehive.node_seconds`, and no longer than its connection. Proofs are kept
for as long as somebody could play them again, in memory only: those from before the start are not
taken at all. So is who is connected: after a start each node has its time to come back.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from typing import Any, ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.beehive.messages import LiveNodes, NodeEnters, NodeLetIn, NodeSays, RoomCounted
from parlour.actors.messages import Ask, Recover, Restarted, TimerFired, UserLost
from parlour.actors.ports import Answer, Close, Publish, Reply
from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.errors import LocalProtocolError, RuleViolation
from parlour.events.messages.beehive import common, node, room
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.events.rules.beehive import nodes as rules
from parlour.events.rules.beehive import notices
from parlour.events.rules.beehive.nodes import Node, Nodes
from parlour.events.times import MICROSECONDS

PROTOCOL: Final = "beehive-nodes"
CLOCKS_APART: Final = 60
"""Most seconds between a node's clock and ours."""
_NONCE_SECONDS: Final = 2 * CLOCKS_APART
_NONCES: Final = range(16, 65)
"""How long one may be, in characters."""
_MOST_NONCES: Final = 100_000
_PORTS: Final = range(1, 65_536)


class BeehiveNodes(EngineActor):
    """The one actor that nodes report to."""

    def __init__(self) -> None:
        super().__init__()
        self._nonces: dict[str, int] = {}
        """When each was used (µs), oldest first."""
        self._nids: dict[int, int] = {}
        """Nid by session."""
        self._sessions: dict[int, int] = {}
        """The last session of each nid."""
        self._since = 0
        """From when on nonces are known (µs)."""

    @property
    def nodes(self) -> Nodes:
        """The nodes with everything recorded so far."""
        state: Nodes = self.context.state(facts.NODES_ID)
        return state

    def may_end(self) -> bool:
        """There is one, and it is always wanted."""
        return False

    # --- coming in -------------------------------------------------------------------------

    def on_enters(self, message: NodeEnters) -> None:
        """Let a node in that proves to know the secret."""
        refusal = self._judge(message.proof)
        code = notices.UNKNOWN_USER if refusal else notices.OK
        text = refusal or notices.TEXTS[notices.OK]
        session = message.session
        if not refusal:
            # Bound by its session: no node ends another's connection by taking its number, and no
            # kick of a user reaches the node with his number.
            self.context.bind(session, PROTOCOL, 0, device=session)
            self._nids[session] = message.proof.nid
            self.tell(message.origin, NodeLetIn(nid=message.proof.nid))
        self._reply(session, node.NodeAuthAck(code=code, errmsg=text), message.seq)
        if refusal:
            self.context.say(Close(session, refusal))

    def _judge(self, proof: node.NodeAuth) -> str:
        """Return why a node is not let in, "" when it is."""
        if proof.nid < 1:
            return "a nid is 1 or more"
        if self.context.settings.open:
            return ""
        secret = self.context.settings.cluster.secret
        if not secret:
            return "no cluster.secret is set"
        now = self.context.now()
        if abs(proof.time - now // MICROSECONDS) > CLOCKS_APART:
            return f"the clocks are more than {CLOCKS_APART} s apart"
        if proof.time < self._since // MICROSECONDS:
            return "the proof is from before the engine's start"
        if len(proof.nonce) not in _NONCES:
            return f"a nonce has {_NONCES.start} to {_NONCES[-1]} characters"
        if not hmac.compare_digest(_mac(secret, proof).encode(), _bytes(proof.mac.lower())):
            return "the mac is wrong"
        return "" if self._use_nonce(proof.nonce, now) else "the nonce was used before"

    def _use_nonce(self, nonce: str, now: int) -> bool:
        """Note a nonce of who knows the secret; tell whether it is new."""
        for old, at in list(self._nonces.items()):
            if now - at <= _NONCE_SECONDS * MICROSECONDS:
                break
            del self._nonces[old]
        if nonce in self._nonces or len(self._nonces) >= _MOST_NONCES:
            return False
        self._nonces[nonce] = now
        return True

    # --- reports ---------------------------------------------------------------------------

    def on_says(self, message: NodeSays) -> None:
        """Obey a node, or say why not."""
        try:
            _REPORTS[type(message.request.message)](self, message)
        except RuleViolation as refusal:
            code = notices.CODES[refusal.code]
            error = common.Error(code=code, errmsg=str(refusal))
            self._reply(message.session, error, message.request.seq)

    def _listens(self, message: NodeSays) -> None:
        said: Any = message.request.message
        if said.type not in (1, 2):
            raise RuleViolation("report_invalid", "a listening node's type is 1 or 2")
        self._report(
            message,
            Node(
                nid=said.nid,
                type=said.type,
                ip=said.ip,
                port=said.port,
                opid=said.opid,
                nation=said.nation,
            ),
        )
        self._reply(message.session, node.LsndInfoAck(), message.request.seq)

    def _forwards(self, message: NodeSays) -> None:
        said: Any = message.request.message
        if said.backend_port and said.backend_port not in _PORTS:  # v1 has none
            raise RuleViolation("report_invalid", f"{said.backend_port} is no port")
        port, backend = said.forward_port, said.backend_port
        self._report(
            message, Node(nid=said.nid, type=0, ip=said.ip, port=port, backend_port=backend)
        )
        self._reply(message.session, node.FrwdInfoAck(), message.request.seq)

    def _report(self, message: NodeSays, told: Node) -> None:
        """Record what is new about a node; its time begins again.

        Raises:
            RuleViolation: report_invalid or node_conflict.
        """
        _check_address(told)
        before = rules.forwarders(self.nodes)
        self.context.record(facts.NODES_ID, *rules.report(self.nodes, told, at=self.context.now()))
        self._sessions[told.nid] = message.session
        self._wind(told.nid)
        self._tell_changed(before)

    def _counts(self, message: NodeSays) -> None:
        said: Any = message.request.message
        if said.nid in self.nodes.nodes:
            self._sessions[said.nid] = message.session
            self._wind(said.nid)
        self._reply(message.session, room.RoomLsnStatAck(), message.request.seq)
        self._tell_watchers(said)

    def on_room_counted(self, message: RoomCounted) -> None:
        """Tell how many are in a room of this engine, whose nid is 0."""
        self._tell_watchers(room.RoomLsnStat(rid=message.rid, nid=0, num=message.num))

    def _tell_watchers(self, said: room.RoomLsnStat) -> None:
        watching = tuple(sid for sid in self.nodes.watchers if self._may_watch(sid))
        if watching:
            self.context.say(Publish("beehive", watching, Packet(said)))

    def _may_watch(self, sid: int) -> bool:
        uid = self.context.state(facts.device_id(sid)).uid
        account = self.context.state(account_id(uid))
        return bool(account.operator and not account.disabled)

    def _lists(self, message: NodeSays) -> None:
        seq = message.request.seq
        self._reply(message.session, node.ForwarderListWantedAck(), seq)
        self._reply(message.session, _listing(rules.forwarders(self.nodes)))

    def _tell_changed(self, before: list[Node]) -> None:
        after = rules.forwarders(self.nodes)
        if _listing(before) != _listing(after):  # dialects without such a list say nothing
            self.context.say(Publish(PROTOCOL, None, Packet(_listing(after))))

    def _reply(self, session: int, message: Message, seq: int = 0) -> None:
        self.context.say(Reply(session, Packet(message, seq)))

    # --- going -----------------------------------------------------------------------------

    def on_lost(self, message: UserLost) -> None:
        """A connection ended; `uid` is its session."""
        session = message.uid
        nid = self._nids.pop(session, 0)
        if nid and self._sessions.get(nid) == session:
            self._lose(nid)

    def on_timer(self, message: TimerFired) -> None:
        """A node was silent for too long."""
        self._lose(int(message.name))

    def _lose(self, nid: int) -> None:
        self._sessions.pop(nid, None)
        self.context.set_timer(self.id, str(nid), None)
        if nid in self.nodes.nodes:
            before = rules.forwarders(self.nodes)
            self.context.record(facts.NODES_ID, facts.NodeLost(at=self.context.now(), nid=nid))
            self._tell_changed(before)

    def _wind(self, nid: int) -> None:
        seconds = self.context.settings.beehive.node_seconds
        self.context.set_timer(self.id, str(nid), self.context.now() + int(seconds * MICROSECONDS))

    # --- questions and restarts ------------------------------------------------------------

    def on_ask(self, ask: Ask) -> None:
        """Tell the addresses of live nodes of a type."""
        if not isinstance(ask.command, LiveNodes):
            raise LocalProtocolError(f"{self.id} does not take {type(ask.command).__name__}")
        living = sorted(self.nodes.nodes.values(), key=lambda known: known.nid)
        addresses = [_address(known) for known in living if known.type == ask.command.type]
        self.context.say(Answer(ask.ticket, addresses))

    def on_recover(self, message: Recover) -> None:
        """Give every node its time to come back."""
        self._since = self.context.now()
        self._wind_all()

    def on_restarted(self, message: Restarted) -> None:
        """Stand on the log again; who does not report any more is found out by his silence."""
        self._since = self.context.now()
        self._wind_all()

    def _wind_all(self) -> None:
        for nid in self.nodes.nodes:
            self._wind(nid)

    HANDLERS: ClassVar[dict[type, Handler]] = {
        NodeEnters: on_enters,
        NodeSays: on_says,
        RoomCounted: on_room_counted,
        UserLost: on_lost,
        TimerFired: on_timer,
        Ask: on_ask,
        Recover: on_recover,
        Restarted: on_restarted,
    }


_REPORTS: Final[dict[type[Message], Callable[[BeehiveNodes, Any], None]]] = {
    node.LsndInfo: BeehiveNodes._listens,
    node.FrwdInfo: BeehiveNodes._forwards,
    room.RoomLsnStat: BeehiveNodes._counts,
    node.ForwarderListWanted: BeehiveNodes._lists,
}


def _mac(secret: str, proof: node.NodeAuth) -> str:
    said = f"beehive-node|{proof.nid}|{proof.time}|{proof.nonce}"
    return hmac.new(secret.encode(), _bytes(said), hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _check_address(told: Node) -> None:
    try:
        ipaddress.ip_address(told.ip)
    except ValueError:
        raise RuleViolation("report_invalid", "ip is an IP address") from None
    if told.port not in _PORTS:
        raise RuleViolation("report_invalid", f"{told.port} is no port")


def _address(known: Node) -> str:
    host = f"[{known.ip}]" if ":" in known.ip else known.ip
    return f"{host}:{known.port}"


def _listing(forwarders: list[Node]) -> node.ForwarderList:
    return node.ForwarderList(
        list=tuple(node.Address(ipaddr=known.ip, port=known.port) for known in forwarders)
    )
