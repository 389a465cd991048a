"""The runtime's functions: those that scripts find without importing them, and two of our own."""

# `_engine` is put here by the loader.
atomic = _engine["atomic"]
call_next = _engine["call_next"]
configGet = _engine["configGet"]
createFuture = _engine["createFuture"]
execute = _engine["execute"]
flat_error = _engine["flat_error"]
gearsConfigGet = _engine["gearsConfigGet"]
gearsFuture = _engine["gearsFuture"]
get_command = _engine["get_command"]
hashtag = _engine["hashtag"]
isAsyncAllow = _engine["isAsyncAllow"]
isInAtomicBlock = _engine["isInAtomicBlock"]
override_reply = _engine["override_reply"]
registerTE = _engine["registerTE"]
runCoroutine = _engine["runCoroutine"]
setFutureException = _engine["setFutureException"]
setFutureResults = _engine["setFutureResults"]

# A chain of the server itself, which a gear function becomes when it is closed.
Chain = _engine["GearsBuilder"]
# What `execute` raises for an error that a command answers.
GearsError = _engine["redisgears"].GearsError
_log = _engine["log"]


def log(message, level="notice"):
    """Writes a line to the server's log, of anything.

    Levels: debug, verbose, notice, warning.
    """
    if isinstance(message, (bytes, bytearray, memoryview)):
        message = bytes(message).decode("utf-8", "backslashreplace")
    # The log is text up to the first NUL.
    _log(str(message).replace("\0", "\\x00"), level)


def hashtag3():
    """The hash tag of this shard in braces: `"person:1" + hashtag3()` is a key that lives here."""
    return "{%s}" % hashtag()
