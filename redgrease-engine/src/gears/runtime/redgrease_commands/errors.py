"""Translates error replies to the exceptions of redis-py."""

from . import exceptions as own

_BY_CODE = {
    "NOSCRIPT": "NoScriptError",
    "READONLY": "ReadOnlyError",
    "NOPERM": "NoPermissionError",
    "OOM": "OutOfMemoryError",
    "LOADING": "BusyLoadingError",
    "EXECABORT": "ExecAbortError",
    "NOREPLICAS": "NoReplicasError",
    "MISCONF": "MisconfigurationError",
}


def error_of(exceptions, text):
    """The exception for an error reply.

    `exceptions` is the module that defines the classes: that of redis-py or that of this package.
    """
    text = text.strip()
    code, _, rest = text.partition(" ")
    kind = _BY_CODE.get(code)
    if kind is not None and not hasattr(exceptions, kind):
        # redis-py has no class for the code: the text keeps it.
        kind = None
    # The text omits the code ERR, and any code that the exception class stands for.
    if kind is not None or code == "ERR":
        text = rest
    return getattr(exceptions, kind or "ResponseError", exceptions.ResponseError)(text)


def own_error_of(text):
    """The exception of this package for an error reply."""
    return error_of(own, text)
