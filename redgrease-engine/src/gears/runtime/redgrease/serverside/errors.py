"""Translates error replies to the exceptions of redis-py."""

# The server's errors for commands that a module cannot run, and their meaning.
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
    """The exception for an error reply to the command `name`.

    `exceptions` is the module that defines the classes: that of redis-py or that of this package.
    """
    text = text.strip()
    if text in _UNCLEAR:
        return exceptions.ResponseError("%s: %s" % (name, _UNCLEAR[text]))
    code, _, rest = text.partition(" ")
    kind = _BY_CODE.get(code)
    # The text omits the code ERR, and any code that the exception class stands for.
    if kind is not None or code == "ERR":
        text = rest
    return getattr(exceptions, kind or "ResponseError", exceptions.ResponseError)(text)
