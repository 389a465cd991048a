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
from .typing import InputRecord, Key, OutputRecord, T


def run(function, builder=GearsBuilder):
    """Translates a gear function to a chain of the server, and returns the chain.

    `builder` is accepted because the published package has it. The chain is always one of this server.
    """
    chain = None
    for operation in function._operations():
        chain = operation.add_to(chain)
    return chain
