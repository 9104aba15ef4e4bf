"""The HTTP half of the wild clients, and what operators push."""

from __future__ import annotations

from typing import Any

import aiohttp


async def get(engine: Any, path: str, **query: object) -> tuple[int, dict[str, Any]]:
    """Return status and JSON of `/im/{path}`."""
    return await _call(engine, "GET", path, query, b"", "")


async def push(
    engine: Any, dim: str, body: bytes, *, token: str = "any", **query: object
) -> tuple[int, dict[str, Any]]:
    """Push something as an operator."""
    return await _call(engine, "POST", "push", {"dim": dim, **query}, body, token)


async def _call(
    engine: Any, method: str, path: str, query: dict[str, object], body: bytes, token: str
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://{engine.http}/im/{path}"
    words = {name: str(value) for name, value in query.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, params=words, data=body or None, headers=headers) as answer,
    ):
        return answer.status, dict(await answer.json())
