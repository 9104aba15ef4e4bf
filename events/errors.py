"""The engine's errors. A code is stable; a message is for people and may change."""


class EngineError(Exception):
    """Root of everything the engine raises on purpose."""


class RuleViolation(EngineError):
    """A command the rules refuse: the client is told, the connection lives.

    `code` is a stable word such as "not_your_turn"; a protocol's own error number is
    looked up from it at the edge.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class RemoteProtocolError(EngineError):
    """The peer broke the protocol: it is told `code` and the connection closes."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


class LocalProtocolError(EngineError):
    """Our own bug: we tried to say what the protocol does not allow."""


class VersionConflict(EngineError):
    """Another writer already recorded this version of an aggregate."""

    def __init__(self, aggregate_id: str, version: int) -> None:
        super().__init__(f"{aggregate_id} already has version {version}")
        self.aggregate_id = aggregate_id
        self.version = version


class AlreadyClaimed(EngineError):
    """An idempotency key was used before: the fact it names is already recorded."""

    def __init__(self, key: str) -> None:
        super().__init__(f"already recorded: {key}")
        self.key = key


class CorruptLog(EngineError):
    """The log cannot be read as written: unknown event, bad JSON, a broken seal."""


class LogUnavailable(EngineError):
    """The log cannot take events now (disk full, locked, draining)."""
