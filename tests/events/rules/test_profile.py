"""What an account's words and numbers may be."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events.errors import RuleViolation
from parlour.events.messages import landlord as wire
from parlour.events.rules import profile

MAX_FRAME = 8192
"""docs/protocols/landlord.md, "Frames"."""


@pytest.mark.parametrize(
    ("check", "taken"),
    [
        (profile.check_name, ["a", "é" * 64, "a b", "陈小明"]),
        (profile.check_email, ["", "a@b.c", "é@ß"]),
        (profile.check_sex, [0, 1, 2]),
        (profile.check_birthday, ["", "2001/02/03", "2000/02/29", "0001/01/01"]),
        (profile.check_zone, ["", "north", "z" * 64, "北京\u3000东"]),
        (profile.check_motto, ["", "m" * 256, '👨\u200d👩\u200d👧 says \\ and "']),
        (profile.check_reason, ["", "multiple accounts"]),
        (profile.check_avatar, ["", "data:image/png;base64,AAAA", "data:image/jpeg;base64,AA=="]),
        (profile.check_sid, [0, 2**53 - 1]),
        (profile.check_seconds, [0.001, 1, 3650 * 86_400]),
    ],
)
def test_what_is_sound_is_taken(check, taken):
    for value in taken:
        check(value)


@pytest.mark.parametrize(
    ("check", "refused"),
    [
        (profile.check_name, ["", " a", "a\n", "n" * 65, "n\udcff"]),
        (profile.check_email, ["nobody", "a b@c", "a@b\n", "a@\udcff", "@" * 255]),
        (profile.check_sex, [-1, 3, 10**30]),
        (
            profile.check_birthday,
            ["soon", "2001-02-03", "2001/2/3", "2001/02/30", "9999/99/99", "0000/01/01"],
        ),
        (
            profile.check_birthday,
            ["2001/02/03\n", "\uff12\uff10\uff10\uff11/02/03", "2001/02/29", "\udcff"],
        ),
        (profile.check_zone, ["z" * 65, "a\nb", "\x1b[31m", "z\udcff", "\u2028"]),
        (profile.check_motto, ["m" * 257, "a\tb", "\ud800"]),
        (profile.check_reason, ["r" * 257, "\x00"]),
        (
            profile.check_avatar,
            ["x", "data:image/png;base64,", "data:image/png;base64,AAA", "data:,AAAA"],
        ),
        (profile.check_avatar, ["data:image/png;base64," + "AAAA" * 21_846]),
        (profile.check_sid, [-1, 2**53, 10**30]),
        (
            profile.check_seconds,
            [0, -1, 1e12, 1e300, float("nan"), float("inf"), float("-inf"), 10 * 366 * 86_400],
        ),
    ],
)
def test_what_is_not_is_refused_in_one_line(check, refused):
    what = check.__name__.removeprefix("check_")
    for value in refused:
        with pytest.raises(RuleViolation) as caught:
            check(value)
        assert caught.value.code == f"{what}_invalid"
        assert "\n" not in str(caught.value)


def test_the_biggest_picture_is_taken():
    picture = base64.b64encode(bytes(profile.MAX_AVATAR)).decode()
    profile.check_avatar(f"data:image/jpeg;base64,{picture}")


def longest(check, characters):
    """The longest text in bytes of JSON that a check takes."""
    best = ""
    for character in characters:
        text = character
        try:
            while True:
                check(text)
                longer, text = text, text + character
        except RuleViolation:
            if text != character:
                best = max(best, longer, key=lambda found: len(msgspec.json.encode(found)))
    return best


def test_three_players_with_the_longest_words_fit_a_frame():
    characters = ["a", '"', "\\", "\x00", "\x7f", "é", "中", "\U0001f0cf", "\u2028"]
    big = 2**53 - 1
    user = wire.TableUser(
        uid=big,
        name=longest(profile.check_name, characters),
        sex=2,
        birthday="2001/02/03",
        zone=longest(profile.check_zone, characters),
        level=big,
        exp=big,
        money=big,
        coin=big,
        total_board=big,
        total_win=big,
        seatid=2,
        ready=False,
        online=False,
    )
    assert len(user.name.encode()) == len(user.zone.encode()) == 256
    message = wire.TableInfo(users=(user,) * 3, commitments=("f" * 64,) * 3)
    assert len(msgspec.json.encode(message)) <= MAX_FRAME // 2


@given(st.text(max_size=300))
def test_what_is_taken_can_always_be_written(text):
    for check in (profile.check_name, profile.check_zone, profile.check_motto):
        try:
            check(text)
        except RuleViolation:
            continue
        msgspec.json.encode(text)
