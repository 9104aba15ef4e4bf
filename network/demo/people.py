"""Who plays in the demo: three accounts, good for every game."""

from __future__ import annotations

from typing import Final, NamedTuple

from parlour.network.demo.client import Transport


class Person(NamedTuple):
    """One account, and how its bots connect."""

    name: str
    uid: int
    transport: Transport
    """To the card table."""
    dialect: str
    """The same in words."""
    endpoint: str
    """How the Techmino client logs in, in words."""

    @property
    def email(self) -> str:
        """Unique, and nobody's."""
        return f"{self.name.lower()}@example.org"

    @property
    def password(self) -> str:
        """What nobody should use for a real account."""
        return f"{self.name}-1"


_BROWSER: Final = "credentials as the first message, as browsers must"
PEOPLE: Final = (
    Person(
        "Ada",
        1,
        "tcp",
        "TCP, plain JSON",
        "as existing clients do: their constant key, credentials in the upgrade's body",
    ),
    Person("Bo", 2, "tcp-xor", "TCP, every byte XORed with 0x0D as the old clients do", _BROWSER),
    Person("Cy", 3, "websocket", "WebSocket", _BROWSER),
)
