"""The functions that scripts can use without importing them, and `log` and `hashtag3`."""

# The loader defines `_engine`, the globals of the runtime.
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

# The built-in `GearsBuilder`. A gear function is translated to it when it is closed.
Chain = _engine["GearsBuilder"]
# The type of classes that scripts cannot change for each other.
GuardedClass = _engine["_GuardedClass"]
# Other names of readers.
READER_ALIASES = _engine["_READER_ALIASES"]
# The exception that `execute` raises for an error reply.
GearsError = _engine["redisgears"].GearsError
_log = _engine["log"]


def requires_redis_py():
    """Whether the session of the code that runs required redis-py, itself or through another package."""
    native = _engine["_native"]
    return native.is_required("redis") and bool(native.requires_here("redis"))


def loads(data):
    """Unpickles bytes with the pickler that the server has now."""
    return _engine["loads"](data)


def log(message, level="notice"):
    """Writes a message to the server's log. The message may be of any type.

    Levels: debug, verbose, notice, warning.
    """
    if isinstance(message, (bytes, bytearray, memoryview)):
        message = bytes(message).decode("utf-8", "backslashreplace")
    # The server would cut the message at the first NUL byte.
    _log(str(message).replace("\0", "\\x00"), level)


def hashtag3():
    """The hash tag of this shard in braces: `"person:1" + hashtag3()` is a key of this shard."""
    return "{%s}" % hashtag()
