"""What was said in groups while a device was away, told by SYNC among everything else."""

from parlour.events.messages.beehive import common, group, private


def found(hive, owner, *members):
    gid = owner.ask(group.GroupCreat(uid=owner.uid, gid=0, name="g", desc="")).gid
    for member in members:
        assert member.code(group.GroupJoin(uid=member.uid, gid=gid)) == 0
    for client in (owner, *members):
        client.take()
    return gid


def say(client, gid, text):
    said = group.GroupChat(uid=client.uid, gid=gid, level=0, time=0, text=text)
    assert client.code(said) == 0


def heard(client):
    return [m.text for m in client.heard(group.GroupChat)]


def test_who_was_away_is_told_in_the_order_it_was_said(hive):
    owner, other = hive.come(7), hive.come(8)
    one, two = found(hive, owner, other), found(hive, owner, other)
    other.say(common.Offline())
    for number in range(12):
        hive.pass_time(0.1)
        if number % 3 == 2:
            owner.chat(8, str(number))
        else:
            say(owner, (one, two)[number % 3], str(number))
    other = hive.come(8)
    assert other.synced() == [str(number) for number in range(12)]
    assert other.synced() == ["2", "5", "8", "11"]  # a group has no acks


def test_what_was_heard_live_is_not_told_again_after_offline(hive):
    owner, other = hive.come(7), hive.come(8)
    gid = found(hive, owner, other)
    say(owner, gid, "live")
    assert heard(other) == ["live"]
    assert other.synced() == []
    other.say(common.Offline())
    say(owner, gid, "missed")
    other = hive.come(8)
    say(owner, gid, "live again")
    assert heard(other) == ["live again"]
    assert other.synced() == ["missed"]
    other.say(common.Offline())
    assert hive.come(8).synced() == []


def test_what_was_said_to_a_connection_that_was_lost_is_told_again(hive):
    owner, other = hive.come(7), hive.come(8)
    gid = found(hive, owner, other)
    say(owner, gid, "into the void")
    other.cut()
    assert hive.come(8).synced() == ["into the void"]


def test_after_a_crash_what_was_not_synced_is_told(hive):
    owner, other = hive.come(7), hive.come(8)
    gid = found(hive, owner, other)
    say(owner, gid, "one")
    assert heard(other) == ["one"]
    hive.restart()
    owner, other = hive.come(7), hive.come(8)
    say(owner, gid, "two")
    assert other.synced() == ["one"]
    assert heard(other) == []
    hive.restart()
    assert hive.come(8).synced() == ["two"]


def test_who_never_asked_does_not_lose_what_he_missed(hive):
    owner, other = hive.come(7), hive.come(8)
    gid = found(hive, owner, other)
    other.say(common.Offline())
    say(owner, gid, "missed")
    other = hive.come(8)
    other.say(common.Offline())
    assert hive.come(8).synced() == ["missed"]


def test_a_sync_whose_reader_went_counts_for_nothing(hive):
    owner, other = hive.come(7), hive.come(8)
    gid = found(hive, owner, other)
    other.say(common.Offline())
    say(owner, gid, "missed")
    other = hive.come(8)
    with hive.slow_pages():
        other.say(common.Sync(uid=8))
        other.say(common.Offline())
    assert hive.come(8).synced() == ["missed"]


def test_the_sending_device_is_not_told_what_it_said_and_the_other_one_is(hive):
    desk = hive.come(7, 70)
    hive.come(7, 71).say(common.Offline())
    gid = found(hive, desk)
    say(desk, gid, "mine")
    assert hive.come(7, 71).synced() == ["mine"]
    desk.cut()
    assert hive.come(7, 70).synced() == []


def test_a_group_is_heard_from_when_one_entered(hive):
    owner, other = hive.come(7), hive.come(8)
    gid = found(hive, owner)
    say(owner, gid, "before")
    other.say(common.Offline())
    assert owner.code(group.GroupInvite(uid=7, gid=gid, to=8)) == 0
    say(owner, gid, "after")
    other = hive.come(8)
    assert other.synced() == ["after"]
    assert other.code(group.GroupQuit(uid=8, gid=gid)) == 0
    other.say(common.Offline())
    say(owner, gid, "without him")
    owner.code(group.GroupInvite(uid=7, gid=gid, to=8))
    say(owner, gid, "with him")
    assert hive.come(8).synced() == ["with him"]


def test_a_group_one_was_put_out_of_is_not_told(hive):
    owner, other = hive.come(7), hive.come(8)
    gid = found(hive, owner, other)
    other.say(common.Offline())
    say(owner, gid, "secret")
    owner.code(group.GroupKick(uid=8, gid=gid))
    assert hive.come(8).synced() == []


def test_a_further_device_begins_with_what_comes_from_now_on(hive):
    owner, other = hive.come(7), hive.come(8, 80)
    gid = found(hive, owner, other)
    say(owner, gid, "before it")
    other.chat(7, "private")
    tablet = hive.come(8, 81)
    say(owner, gid, "live")
    assert heard(tablet) == ["live"]
    assert tablet.synced() == []
    tablet.say(common.Offline())
    say(owner, gid, "later")
    assert hive.come(8, 81).synced() == ["later"]


def test_private_and_group_messages_that_come_during_a_sync_are_told_once(hive):
    owner, other = hive.come(7), hive.come(8)
    gid = found(hive, owner, other)
    other.say(common.Offline())
    say(owner, gid, "missed")
    other = hive.come(8)
    with hive.slow_pages() as pages:
        other.say(common.Sync(uid=8))
        say(owner, gid, "meanwhile")
        owner.chat(8, "meanwhile, too")
        pages.read()
    texts = [m.text for m in other.heard((group.GroupChat, private.Chat))]
    assert sorted(texts) == ["meanwhile", "meanwhile, too", "missed"]
