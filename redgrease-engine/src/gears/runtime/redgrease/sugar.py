"""Names for the words that RedisGears knows. They are plain texts, so they can stand wherever
those can."""

import logging


class ReaderType:
    """Where the records come from."""

    KeysReader = "KeysReader"
    KeysOnlyReader = "KeysOnlyReader"
    StreamReader = "StreamReader"
    PythonReader = "PythonReader"
    ShardsIDReader = "ShardsIDReader"
    CommandReader = "CommandReader"


class TriggerMode:
    """Where, and beside what, a registered function runs."""

    Async = "async"
    AsyncLocal = "async_local"
    Sync = "sync"


class KeyType:
    """The types of keys."""

    String = "string"
    Hash = "hash"
    List = "list"
    Set = "set"
    ZSet = "zset"
    Stream = "stream"
    Module = "module"

    @staticmethod
    def of(python_type):
        """The type of keys whose values Python has as this type, or as the type of this value."""
        kind = python_type if isinstance(python_type, type) else type(python_type)
        for base in kind.__mro__:
            for key_type, made_by in _MADE_BY.items():
                if base is made_by:
                    return key_type
        raise ValueError("no type of keys has values of the Python type %s" % kind.__name__)

    @staticmethod
    def constructor(key_type):
        """The Python type of the values of such keys."""
        try:
            return _MADE_BY[key_type]
        except KeyError:
            raise KeyError(
                "values of keys of type %r are of no Python type of their own" % key_type
            ) from None


_MADE_BY = {
    KeyType.String: str,
    KeyType.Hash: dict,
    KeyType.List: list,
    KeyType.Set: set,
}


class FailurePolicy:
    """What happens when messages of a stream could not be handled."""

    Continue = "continue"
    Abort = "abort"
    Retry = "retry"


class LogLevel:
    """The levels of the server's log."""

    Debug = "debug"
    Verbose = "verbose"
    Notice = "notice"
    Warning = "warning"

    @staticmethod
    def to_logging_level(rg_log_level):
        """The number that `logging` has for it."""
        return _LOGGING_LEVELS[rg_log_level]


# Redis shows notices and what is above them, as Python does with warnings.
_LOGGING_LEVELS = {
    LogLevel.Debug: logging.DEBUG,
    LogLevel.Verbose: logging.INFO,
    LogLevel.Notice: logging.WARNING,
    LogLevel.Warning: logging.ERROR,
}
