"""Constants for the keywords of RedisGears. They are plain texts."""

import logging


class ReaderType:
    """Readers."""

    KeysReader = "KeysReader"
    KeysOnlyReader = "KeysOnlyReader"
    StreamReader = "StreamReader"
    PythonReader = "PythonReader"
    ShardsIDReader = "ShardsIDReader"
    CommandReader = "CommandReader"


class TriggerMode:
    """Modes of registrations: where a registered function runs, and whether in the background."""

    Async = "async"
    AsyncLocal = "async_local"
    Sync = "sync"


class KeyType:
    """Types of keys."""

    String = "string"
    Hash = "hash"
    List = "list"
    Set = "set"
    ZSet = "zset"
    Stream = "stream"
    Module = "module"

    @staticmethod
    def of(python_type):
        """The key type for a Python type, or for the type of a Python value."""
        kind = python_type if isinstance(python_type, type) else type(python_type)
        for base in kind.__mro__:
            for key_type, made_by in _MADE_BY.items():
                if base is made_by:
                    return key_type
        raise ValueError("no key type has values of the Python type %s" % kind.__name__)

    @staticmethod
    def constructor(key_type):
        """The Python type of the values of a key type."""
        try:
            return _MADE_BY[key_type]
        except KeyError:
            raise KeyError(
                "the key type %r has no Python type for its values" % key_type
            ) from None


_MADE_BY = {
    KeyType.String: str,
    KeyType.Hash: dict,
    KeyType.List: list,
    KeyType.Set: set,
}


class FailurePolicy:
    """Ways to go on after an execution on messages of a stream has failed."""

    Continue = "continue"
    Abort = "abort"
    Retry = "retry"


class LogLevel:
    """Levels of the server's log."""

    Debug = "debug"
    Verbose = "verbose"
    Notice = "notice"
    Warning = "warning"

    @staticmethod
    def to_logging_level(rg_log_level):
        """The corresponding level of the module `logging`."""
        return _LOGGING_LEVELS[rg_log_level]


# By default Redis logs notices and higher levels, and Python logs warnings and higher levels.
_LOGGING_LEVELS = {
    LogLevel.Debug: logging.DEBUG,
    LogLevel.Verbose: logging.INFO,
    LogLevel.Notice: logging.WARNING,
    LogLevel.Warning: logging.ERROR,
}
