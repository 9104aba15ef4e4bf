"""Endpoint `/tech/socket/v1/app`: version, notice, registration; no login."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parlour.events.messages.techmino.common import Connect, Request, Self


class GetVersion(Request, frozen=True, kw_only=True):
    """Action 0."""

    newestOnly: bool = False  # noqa: N815


class GetNotice(Request, frozen=True, kw_only=True):
    """Action 1."""


class Register(Request, frozen=True, kw_only=True):
    """Action 2: make an account."""

    username: str
    email: str
    password: str


class AppConnect(Connect, frozen=True, kw_only=True):
    """The first message."""

    newestCode: int  # noqa: N815
    newestName: str  # noqa: N815
    lowest: int
    notice: str


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the client."""

    code: int
    name: str
    content: str


class Version(Self, frozen=True, kw_only=True):
    """Answer to 0."""

    action: int = 0
    newest: Release
    least: Release | UnsetType = UNSET
    notice: str | UnsetType = UNSET


class Notice(Self, frozen=True, kw_only=True):
    """Answer to 1."""

    action: int = 1
    notice: str


class RegisteredText(msgspec.Struct, frozen=True, kw_only=True):
    """What the client shows to its player."""

    message: str


class Registered(Self, frozen=True, kw_only=True):
    """Answer to 2."""

    action: int = 2
    data: RegisteredText
