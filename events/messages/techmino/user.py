"""Endpoint `/tech/socket/v1/user`: access tokens and what is known of a user."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parlour.events.messages.techmino.common import Connect, Request, Self


class GetAccessToken(Request, frozen=True, kw_only=True):
    """Action 0."""


class GetUser(Request, frozen=True, kw_only=True):
    """Action 1: about oneself, or about `uid`; with `hash` also the avatar when it differs."""

    uid: int | None = None
    hash: str | bool | None = None


class UserConnect(Connect, frozen=True, kw_only=True):
    """The first message; uid and token only after a login with a password."""

    uid: int | UnsetType = UNSET
    authToken: str | UnsetType = UNSET  # noqa: N815


class AccessToken(Self, frozen=True, kw_only=True):
    """Answer to 0."""

    action: int = 0
    accessToken: str  # noqa: N815


class UserData(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a user."""

    uid: int
    username: str
    motto: str
    avatar: str | UnsetType = UNSET
    """Data URI."""
    hash: str | UnsetType = UNSET


class UserInfo(Self, frozen=True, kw_only=True):
    """Answer to 1."""

    action: int = 1
    data: UserData
