"""What an account's words and numbers may be; whoever records them asks here first.

What others are shown is bounded, so that a message about three players always fits a frame.
Source: docs/protocols/landlord.md, "SERVER_TABLE_INFO_BC".
"""

from __future__ import annotations

import calendar
import re
import unicodedata

from parlour.events.errors import RuleViolation

MAX_NAME = 64
MAX_ZONE = 64
MAX_TEXT = 256
"""Longest motto or reason, in characters."""
MAX_EMAIL = 254
MAX_NUMBER = 2**53 - 1
"""Numbers survive JSON readers that know only doubles."""
MAX_SECONDS = 10 * 366 * 86_400
MAX_AVATAR = 65_536
"""Biggest picture in bytes."""
_AVATAR = re.compile(r"data:image/(?:png|jpeg);base64,([A-Za-z0-9+/]+={0,2})")
_BIRTHDAY = re.compile(r"(\d{4})/(\d{2})/(\d{2})", re.ASCII)
_NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of pairs (what is no UTF-8 arrives as these), line breaks."""


def check_name(name: str) -> None:
    """Refuse what is no name.

    Raises:
        RuleViolation: name_invalid.
    """
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable() or name != name.strip():
        raise RuleViolation("name_invalid", f"a name is 1 to {MAX_NAME} printable characters")


def check_email(email: str) -> None:
    """Refuse what is no address; "" stands for none.

    Raises:
        RuleViolation: email_invalid.
    """
    if not email:
        return
    if "@" not in email or len(email) > MAX_EMAIL or not email.isprintable() or " " in email:
        raise RuleViolation("email_invalid", f"{email!r} is no email address")


def check_sex(sex: int) -> None:
    """Refuse what clients have no word for.

    Raises:
        RuleViolation: sex_invalid.
    """
    if not 0 <= sex <= 2:
        raise RuleViolation("sex_invalid", f"sex is 0 (unknown), 1 (male) or 2 (female), not {sex}")


def check_birthday(birthday: str) -> None:
    """Refuse what is no day; "" stands for none.

    Raises:
        RuleViolation: birthday_invalid.
    """
    if not birthday:
        return
    found = _BIRTHDAY.fullmatch(birthday)
    if found is None or not _is_day(*map(int, found.groups())):
        raise RuleViolation(
            "birthday_invalid", "a birthday is YYYY/MM/DD, and a day of the calendar"
        )


def _is_day(year: int, month: int, day: int) -> bool:
    return year > 0 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def check_zone(zone: str) -> None:
    """Refuse a zone that is too long or no text.

    Raises:
        RuleViolation: zone_invalid.
    """
    _check_text("zone", zone, MAX_ZONE)


def check_motto(motto: str) -> None:
    """Refuse a motto that is too long or no text.

    Raises:
        RuleViolation: motto_invalid.
    """
    _check_text("motto", motto, MAX_TEXT)


def check_reason(reason: str) -> None:
    """Refuse a reason that is too long or no text: users are told it.

    Raises:
        RuleViolation: reason_invalid.
    """
    _check_text("reason", reason, MAX_TEXT)


def _check_text(what: str, text: str, longest: int) -> None:
    if len(text) > longest or any(unicodedata.category(c) in _NO_TEXT for c in text):
        raise RuleViolation(
            f"{what}_invalid",
            f"a {what} is at most {longest} characters on one line, without control characters",
        )


def check_avatar(avatar: str) -> None:
    """Refuse what is no data URI of a picture, or too big; "" stands for none.

    Raises:
        RuleViolation: avatar_invalid.
    """
    if not avatar:
        return
    found = _AVATAR.fullmatch(avatar)
    size = 0 if found is None else len(found[1]) // 4 * 3 - found[1].count("=")
    if found is None or len(found[1]) % 4 or size > MAX_AVATAR:
        raise RuleViolation(
            "avatar_invalid",
            f"an avatar is a data URI of a PNG or JPEG of at most {MAX_AVATAR} bytes",
        )


def check_sid(sid: int) -> None:
    """Refuse what is no session id.

    Raises:
        RuleViolation: sid_invalid.
    """
    if not 0 <= sid <= MAX_NUMBER:
        raise RuleViolation("sid_invalid", f"a sid is 0 to {MAX_NUMBER}, not {sid}")


def check_seconds(seconds: float) -> None:
    """Refuse a token's lifetime that is none, or for ever.

    Raises:
        RuleViolation: seconds_invalid.
    """
    if not 0 < seconds < MAX_SECONDS:  # false for what is no number, too
        raise RuleViolation(
            "seconds_invalid", "a token is good for more than 0 seconds and less than ten years"
        )
