"""What becomes of acknowledgements that wait to be recorded."""

from parlour.events.beehive import MessageAcknowledged, user_id
from parlour.events.messages.beehive import common, private


def test_what_is_told_live_and_by_a_sync_is_acknowledged_once(hive):
    sender, phone = hive.come(7), hive.come(8)
    sender.chat(8, "one", seq=50)
    [packet] = phone.take(private.Chat)
    with hive.slow_pages() as pages:
        phone.say(common.Sync(uid=8))
        phone.ack(packet)
        pages.read()  # it was asked for before the ack, and tells it once more
    phone.ack(packet)
    hive.pass_time(0.2)
    acks = [e for e in hive.events(user_id(8)) if isinstance(e, MessageAcknowledged)]
    assert [ack.versions for ack in acks] == [(1,)]
