"""How a room server proves that it knows the cluster's secret: both sides compute the same."""

from __future__ import annotations

import hashlib
import hmac

from parlour.events.messages.treasure_link import Register


def mac_of(secret: str, challenge: str, said: Register) -> str:
    """Return what `said.mac` must be (hex); the lobby drew `challenge` for this connection."""
    text = "|".join(
        (challenge, said.server_id, said.ip, str(said.port), str(said.capacity), said.nonce)
    )
    message = text.encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def is_proven(secret: str, challenge: str, said: Register) -> bool:
    """Tell whether a room server knows the secret; it takes as long for any mac."""
    given = said.mac.lower().encode("utf-8", "surrogatepass")
    return hmac.compare_digest(mac_of(secret, challenge, said).encode(), given)
