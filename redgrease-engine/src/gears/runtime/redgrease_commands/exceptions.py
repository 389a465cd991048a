"""The exceptions of `cmd`, with the names that redis-py gives them."""


class RedisError(Exception):
    """Base class of errors of the server and its commands."""


class DataError(RedisError):
    """An argument that cannot be sent with a command."""


class ResponseError(RedisError):
    """An error reply of a command."""


class NoScriptError(ResponseError):
    """The server does not know the Lua script."""


class ReadOnlyError(ResponseError):
    """A write on a replica."""


class NoPermissionError(ResponseError):
    """A command that the user may not run."""


class OutOfMemoryError(ResponseError):
    """A write that the memory limit does not allow."""


class NoReplicasError(ResponseError):
    """A write while fewer replicas are connected than the server demands."""


class MisconfigurationError(ResponseError):
    """A write while the server cannot save its data."""


class BusyLoadingError(ResponseError):
    """The server is loading its data."""


class ExecAbortError(ResponseError):
    """A transaction that was aborted."""


# Errors name them as users find them: `redgrease_commands.ResponseError`.
for _kind in list(vars().values()):
    if isinstance(_kind, type):
        _kind.__module__ = __package__
