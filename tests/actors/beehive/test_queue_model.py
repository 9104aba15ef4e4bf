"""Whatever happens, each device is told what it did not acknowledge, in order: a model."""

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlour.events.beehive import user_id
from parlour.events.messages.beehive import common, private, push

SENDERS = {70: 7, 71: 7, 90: 9}
RECEIVERS = {80: 8, 81: 8}
DEVICES = SENDERS | RECEIVERS
SID = st.sampled_from(sorted(DEVICES))
STEP = st.one_of(
    st.tuples(st.just("chat"), SID, st.sampled_from([7, 8])),
    st.tuples(st.just("p2p"), SID, st.sampled_from([7, 8])),
    st.tuples(st.just("chat"), SID, st.sampled_from([7, 8])),
    st.tuples(st.just("ack"), SID, st.integers(0, 3)),
    st.tuples(st.just("ack"), SID, st.integers(0, 3)),
    st.tuples(st.just("sync"), SID),
    st.tuples(st.just("offline"), SID),
    st.tuples(st.just("cut"), SID),
    st.tuples(st.just("come"), SID),
    st.tuples(st.just("gag"), st.sampled_from([7, 9]), st.booleans()),
    st.tuples(st.just("forget"), st.sampled_from([7, 8])),
    st.tuples(st.just("full"), SID, st.sampled_from([7, 8])),
    st.tuples(st.just("restart")),
)


class Model:
    """What each device must be told, next to a hive that tells it."""

    def __init__(self, hive):
        self.hive = hive
        self.numbers = itertools.count(1000)
        self.waiting = {sid: [] for sid in DEVICES}
        """What was not acknowledged, in order: (kind, seq, text)."""
        self.told = {sid: [] for sid in DEVICES}
        """Packets this session was sent, live or by SYNC, and has not acknowledged."""
        self.clients = {}
        for sid in DEVICES:
            self.come(sid)
        self.gagged = set()

    # --- steps -----------------------------------------------------------------------------

    def chat(self, sid, duid, *, data=False):
        client = self.clients.get(sid)
        if client is None:
            return
        seq = next(self.numbers)
        message = client.a_p2p(duid, b"%d" % seq) if data else client.a_chat(duid, str(seq))
        assert client.code(message, seq=seq) == 0
        self.put(sid, duid, ("p2p" if data else "chat", seq))

    def p2p(self, sid, duid):
        self.chat(sid, duid, data=True)

    def put(self, ssid, duid, said):
        suid = DEVICES[ssid]
        for sid, uid in DEVICES.items():
            if sid != ssid and uid in (suid, duid):
                self.waiting[sid].append(said)
        for sid, client in self.clients.items():
            packets = [p for p in client.take((private.Chat, push.P2P)) if p not in self.told[sid]]
            muted = DEVICES[sid] == 8 and suid in self.gagged
            mine = sid != ssid and DEVICES[sid] in (suid, duid) and not muted
            assert [p.seq for p in packets] == ([said[1]] if mine else []), (sid, said)
            self.told[sid] += packets

    def ack(self, sid, which):
        client, told = self.clients.get(sid), self.told[sid]
        if client is None or not told:
            return
        packet = told.pop(which % len(told))
        client.ack(packet)
        self.waiting[sid] = [said for said in self.waiting[sid] if said[1] != packet.seq]

    def sync(self, sid):
        client = self.clients.get(sid)
        if client is None:
            return
        packets = client.sync()
        assert [(_kind(p), p.seq) for p in packets] == self.waiting[sid]
        self.told[sid] = packets

    def offline(self, sid):
        client = self.clients.pop(sid, None)
        if client is not None:
            client.say(common.Offline())
            self.told[sid] = []

    def cut(self, sid):
        client = self.clients.pop(sid, None)
        if client is not None:
            client.cut()
            self.told[sid] = []

    def come(self, sid):
        self.clients[sid] = self.hive.come(DEVICES[sid], sid)
        self.clients[sid].seq = self.numbers
        self.told[sid] = []

    def gag(self, uid, on):
        if 80 in self.clients:
            kind = private.GagAdd if on else private.GagDel
            assert self.clients[80].code(kind(suid=8, duid=uid), seq=next(self.numbers)) == 0
            (self.gagged.add if on else self.gagged.discard)(uid)

    def forget(self, uid):
        self.hive.pass_time(0.2)
        self.hive.house.engine.end(user_id(uid))

    def full(self, sid, duid):
        """A message on a full disk: refused, and then said again under its number."""
        client = self.clients.get(sid)
        if client is None:
            return
        self.hive.pass_time(0.2)
        disk = self.hive.full_disk()
        disk.fill()
        seq = next(self.numbers)
        client.say(client.a_chat(duid, str(seq)), seq=seq)
        assert [m.code for m in client.heard(common.Error)] == [10001]
        disk.free()
        other = next(self.numbers)
        assert client.code(client.a_chat(duid, str(other)), seq=other) == 0
        self.put(sid, duid, ("chat", other))

    def restart(self):
        self.hive.pass_time(0.2)  # acks that were not recorded come to nothing
        self.hive.restart()
        self.clients.clear()
        self.told = {sid: [] for sid in DEVICES}

    def settle(self):
        """In the end everybody comes and asks."""
        for sid in DEVICES:
            self.come(sid)
            self.sync(sid)
            for packet in list(self.told[sid]):
                self.ack(sid, self.told[sid].index(packet))
            self.sync(sid)
            assert self.waiting[sid] == []


def _kind(packet):
    return "chat" if isinstance(packet.message, private.Chat) else "p2p"


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=5, max_size=40))
def test_each_device_is_told_what_it_did_not_acknowledge(
    new_hive, new_house, tmp_path_factory, steps
):
    folder = tmp_path_factory.mktemp("hive")
    model = Model(new_hive(lambda **options: new_house(folder, **options)))
    for name, *arguments in steps:
        getattr(model, name)(*arguments)
    model.settle()
    model.hive.house.recorder.close()
