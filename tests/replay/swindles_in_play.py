"""What was played, altered by somebody who makes the whole chain of seals anew.

Each alters one thing, and returns every code and position that it must be found by.
"""

from evenings import GAME, NEXT_AT, PLAY, SETTLED

# --- cards ------------------------------------------------------------------------------------


def play_a_card_of_another_seat(log):
    """Two seats swap a single each, so that all 54 cards are still played at most once."""
    singles = [log.find(PLAY, of=GAME, nth=n, card_type=1) for n in range(6)]
    a = singles[0]
    b = next(p for p in singles if log.event(p)["seat"] != log.event(a)["seat"])
    one, other = log.event(a)["cards"], log.event(b)["cards"]
    log.change(a, cards=other)
    log.change(b, cards=one)
    return {("rule_broken", a), ("rule_broken", b)}


def play_a_card_twice(log):
    a, b = log.find(PLAY, of=GAME, nth=0), log.find(PLAY, of=GAME, nth=6)
    return {("rule_broken", log.change(b, cards=log.event(a)["cards"]))}


def play_no_card(log):
    return {("rule_broken", log.change(log.find(PLAY, of=GAME, nth=1), cards=[99]))}


def say_another_card_type(log):
    return {("rule_broken", log.change(log.find(PLAY, of=GAME, card_type=1), card_type=3))}


def play_out_of_turn(log):
    position = log.find(PLAY, of=GAME, nth=4)
    seat = log.event(position)["seat"]
    return {("rule_broken", log.change(position, seat=(seat + 1) % 3))}


def play_from_a_seat_that_is_none(log):
    return {("rule_broken", log.change(log.find(PLAY, of=GAME, nth=4), seat=9))}


def forget_a_play(log):
    return {("rule_broken", log.take_out(log.find(PLAY, of=GAME, nth=4)))}


def pass_once_more(log):
    position = log.find("landlord.passed", of=GAME, nth=2)
    event = log.event(position)
    log.put_in(position, GAME, "landlord.passed@1", event)
    return {("rule_broken", position + 1)}


def show_another_bottom(log):
    position = log.find("landlord.hand-dealt", of=GAME)
    a, b, c = log.event(position)["bottom"]
    return {("deal_wrong", log.change(position, bottom=[b, a, c]))}


def change_a_nonce(log):
    position = log.find("landlord.hand-dealt", of=GAME)
    log.change(position, nonces=["", "n1", "another"])
    return {("deal_wrong", position), ("hand_differs", position)}


def reveal_another_secret(log):
    position = log.find(SETTLED, of=GAME)
    return {("secret_wrong", log.change(position, secret="ab" * 32))}


def reveal_no_hex(log):
    position = log.find(SETTLED, of=GAME)
    return {("secret_wrong", log.change(position, secret="not hex"))}


def reveal_another_secret_of_a_thrown_in_deal(log):
    position = log.find("landlord.deal-thrown-in")
    return {("secret_wrong", log.change(position, secret="ab" * 32))}


def commit_to_another_secret(log):
    position = log.find("landlord.hand-opened", of=GAME)
    commitments = ["cd" * 32, *log.event(position)["commitments"][1:]]
    log.change(position, commitments=commitments)
    return {("secret_wrong", log.find(SETTLED, of=GAME))}


# --- bidding and time -------------------------------------------------------------------------


def lower_a_call(log):
    position = log.find("landlord.called", of="landlord.hand:1:4", score=3)
    log.change(position, score=2)
    return {("rule_broken", log.find("landlord.landlord-named", of="landlord.hand:1:4"))}


def call_four(log):
    position = log.find("landlord.called", of="landlord.hand:1:4", score=3)
    return {("rule_broken", log.change(position, score=4))}


def name_another_landlord(log):
    position = log.find("landlord.landlord-named", of=GAME)
    seat = log.event(position)["seat"]
    return {("rule_broken", log.change(position, seat=(seat + 1) % 3))}


def raise_the_ratio(log):
    position = log.find("landlord.landlord-named", of=GAME)
    ratio = log.event(position)["ratio"]
    log.change(position, ratio=ratio * 2)
    return {("rule_broken", position), ("settlement_wrong", log.find(SETTLED, of=GAME))}


def rob_what_was_not_robbed(log):
    position = log.find("landlord.robbed", rob=False)
    log.change(position, rob=True)
    return {("rule_broken", log.find("landlord.landlord-named", of=log.row(position)[0]))}


def time_out_early(log):
    position = log.find("landlord.turn-timed-out")
    return {("rule_broken", log.change(position, at=log.event(position)["at"] - 1))}


def act_before_the_turn_began(log):
    position = log.find(PLAY, of=GAME, nth=4)
    return {("rule_broken", log.change(position, at=log.event(position)["at"] - 60_000_000))}


def make_a_seat_trustee_for_nothing(log):
    position = log.find("landlord.passed", of=GAME, nth=2)
    at = log.event(position)["at"]
    fact = {"at": at, "seat": 0, "why": "timeouts"}
    return {("rule_broken", log.put_in(position, GAME, "landlord.trustee-set@1", fact))}


def play_on_after_the_end(log):
    fact = {"at": NEXT_AT, "seat": 0}
    return {("hand_after_end", log.append((GAME, "landlord.passed@1", fact)))}


def alter_a_running_hand(log):
    position = log.find(PLAY, of="landlord.hand:2:5")
    return {("rule_broken", log.change(position, cards=[0x0E, 0x0F], card_type=14))}


SWINDLES_IN_PLAY = [
    play_a_card_of_another_seat,
    play_a_card_twice,
    play_no_card,
    say_another_card_type,
    play_out_of_turn,
    play_from_a_seat_that_is_none,
    forget_a_play,
    pass_once_more,
    show_another_bottom,
    change_a_nonce,
    reveal_another_secret,
    reveal_no_hex,
    reveal_another_secret_of_a_thrown_in_deal,
    commit_to_another_secret,
    lower_a_call,
    call_four,
    name_another_landlord,
    raise_the_ratio,
    rob_what_was_not_robbed,
    time_out_early,
    act_before_the_turn_began,
    make_a_seat_trustee_for_nothing,
    play_on_after_the_end,
    alter_a_running_hand,
]
