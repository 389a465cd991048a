"""The exceptions of `cmd`, with the names that redis-py gives them."""

from redgrease_commands.exceptions import (
    BusyLoadingError,
    DataError,
    ExecAbortError,
    MisconfigurationError,
    NoPermissionError,
    NoReplicasError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)


class DuplicateTriggerError(ResponseError):
    """A trigger with this name is already registered."""
