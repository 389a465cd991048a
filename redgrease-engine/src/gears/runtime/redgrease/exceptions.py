"""What can be raised here. The names are those of redis-py, in whose place `cmd` stands."""


class RedisError(Exception):
    """Any error about the server."""


class DataError(RedisError):
    """An argument that no command can be sent with."""


class ResponseError(RedisError):
    """What a command answered in place of a result."""


class NoScriptError(ResponseError):
    """The server does not know a Lua script."""


class ReadOnlyError(ResponseError):
    """A write on a replica."""


class NoPermissionError(ResponseError):
    """A command the user may not run."""


class OutOfMemoryError(ResponseError):
    """A write that the memory limit does not allow."""


class BusyLoadingError(ResponseError):
    """The server loads its data."""


class ExecAbortError(ResponseError):
    """A transaction that was given up."""


class DuplicateTriggerError(ResponseError):
    """A trigger of that name is registered already."""
