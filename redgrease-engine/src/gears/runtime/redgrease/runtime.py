"""The functions of the runtime, for scripts that import them."""

from .builder import GB, GearsBuilder
from .host import (
    atomic,
    call_next,
    configGet,
    createFuture,
    execute,
    flat_error,
    gearsConfigGet,
    gearsFuture,
    get_command,
    hashtag,
    hashtag3,
    isAsyncAllow,
    isInAtomicBlock,
    log,
    override_reply,
    registerTE,
    runCoroutine,
    setFutureException,
    setFutureResults,
)
