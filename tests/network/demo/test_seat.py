import pytest

from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import deck
from parlour.network.demo.seat import Seat

SECRET = bytes(range(32))
NONCES = ("a", "b", "c")
DEAL = deck.deal(SECRET, NONCES)
ADA, BO, CY = 1, 2, 3


def users():
    return tuple(
        wire.TableUser(
            uid=uid,
            name=f"player{uid}",
            sex=0,
            birthday="",
            zone="",
            level=1,
            exp=0,
            money=0,
            coin=0,
            total_board=0,
            total_win=0,
            seatid=seat,
            ready=False,
            online=True,
        )
        for seat, uid in enumerate((ADA, BO, CY))
    )


def heard(seat, *messages):
    for message in messages:
        seat.hear(message)
    return seat


@pytest.fixture
def seat():
    """Ada's, with the cards dealt and Bo the landlord."""
    return heard(
        Seat(ADA),
        wire.JoinTableSucc(type=2, sid=1, tid=1, seatid=0),
        wire.TableInfo(users=users(), commitments=(deck.commitment(SECRET), "", "")),
        wire.GameStart(c=DEAL.bottom, private=DEAL.hands[0], nonces=NONCES),
        wire.LandlordInfo(uid=BO, ratio=2),
        wire.PlayTurn(uid=BO, flag=0),
    )


def test_the_landlord_holds_the_bottom_cards_too(seat):
    assert seat.left == {ADA: 17, BO: 20, CY: 17}


def test_a_farmer_plays_against_the_landlord_alone(seat):
    assert seat.enemies == {BO}


def test_the_landlord_plays_against_both():
    seat = Seat(BO)
    seat.landlord, seat.left = BO, {ADA: 17, BO: 20, CY: 17}
    assert seat.enemies == {ADA, CY}


def test_what_is_played_must_be_beaten_and_leaves_the_hand(seat):
    card = DEAL.hands[0][0]
    heard(seat, wire.PlayInfo(uid=ADA, cards=(card,), card_type=1), wire.PlayTurn(uid=BO, flag=1))
    assert seat.to_beat == (ADA, (card,))
    assert card not in seat.cards
    assert seat.left[ADA] == 16


def test_a_lead_has_nothing_to_beat(seat):
    heard(seat, wire.PlayInfo(uid=BO, cards=(3,), card_type=1), wire.PlayTurn(uid=BO, flag=0))
    assert seat.to_beat is None


def test_a_snapshot_tells_what_was_known_before(seat):
    back = heard(
        Seat(ADA),
        wire.TableSnapshot(
            type=2,
            tid=1,
            seatid=0,
            state="playing",
            ratio=2,
            landlord=BO,
            turn=BO,
            seconds=20.0,
            floor=0,
            cards=DEAL.hands[0],
            c=DEAL.bottom,
            plays=(),
            left=tuple(
                wire.SnapshotLeft(uid=uid, seatid=at, count=count)
                for at, (uid, count) in enumerate(seat.left.items())
            ),
            last=None,
            commitments=(),
        ),
    )
    assert back.known == seat.known


def end(secret):
    return wire.GameEnd(win_type=0, users=(), secret=secret.hex())


def test_a_deal_that_fits_its_commitment_is_counted(seat):
    assert heard(seat, end(SECRET)).deals_checked == 1


def test_another_secret_than_the_committed_one_is_not(seat):
    assert heard(seat, end(bytes(32))).deals_checked == 0


def test_cards_that_do_not_follow_from_the_secret_are_not(seat):
    swapped = wire.GameStart(c=DEAL.bottom, private=DEAL.hands[1], nonces=NONCES)
    assert heard(seat, swapped, end(SECRET)).deals_checked == 0


def test_a_redeal_uses_the_next_commitment():
    commitments = (deck.commitment(bytes(32)), deck.commitment(SECRET), "")
    first = deck.deal(bytes(32), NONCES)
    seat = heard(
        Seat(ADA),
        wire.JoinTableSucc(type=2, sid=1, tid=1, seatid=0),
        wire.TableInfo(users=users(), commitments=commitments),
        wire.GameStart(c=first.bottom, private=first.hands[0], nonces=NONCES),
        wire.Redeal(secret=bytes(32).hex()),
        wire.GameStart(c=DEAL.bottom, private=DEAL.hands[0], nonces=NONCES),
        end(SECRET),
    )
    assert seat.deals_checked == 2
