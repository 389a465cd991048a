"""Errors of commands as redis-py shows them."""

# What the server says of a command that a module cannot run.
_UNCLEAR = {
    "No such file or directory": "unknown command",
    "Invalid argument": "wrong number of arguments, or a command that is not allowed in a gear",
    "Operation not permitted": "a key that belongs to another shard, or a command the user may not"
    " run",
}
_BY_CODE = {
    "NOSCRIPT": "NoScriptError",
    "READONLY": "ReadOnlyError",
    "NOPERM": "NoPermissionError",
    "OOM": "OutOfMemoryError",
    "LOADING": "BusyLoadingError",
    "EXECABORT": "ExecAbortError",
}


def error_of(exceptions, name, text):
    """The exception, of those that a module of exceptions has."""
    text = text.strip()
    if text in _UNCLEAR:
        return exceptions.ResponseError("%s: %s" % (name, _UNCLEAR[text]))
    code, _, rest = text.partition(" ")
    kind = _BY_CODE.get(code)
    # The code is left out where the class says as much, and so is the one that says nothing.
    if kind is not None or code == "ERR":
        text = rest
    return getattr(exceptions, kind or "ResponseError", exceptions.ResponseError)(text)
