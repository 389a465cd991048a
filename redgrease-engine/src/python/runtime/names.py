"""The names a script finds besides the builtins."""

execute = redisgears.executeCommand
log = redisgears.log
flat_error = redisgears.flatError
hashtag = redisgears.getMyHashTag
configGet = redisgears.config_get
gearsCtx = redisgears.gearsCtx
isInAtomicBlock = redisgears.isInAtomicBlock
registerTE = redisgears.registerTimeEvent
call_next = redisgears.callNext
get_command = redisgears.getCommand
override_reply = redisgears.overrideReply
gearsFuture = redisgears.gearsFutureCtx
isAsyncAllow = redisgears.isAsyncAllow
PyFuture = redisgears.PyFuture
PyFlatExecution = redisgears.PyFlatExecution


def gearsConfigGet(key, default=None):
    """A setting of the user, or the default."""
    value = configGet(key)
    return default if value is None else value


class atomic:
    """A block in which nothing else runs on the server."""

    def __enter__(self):
        redisgears._atomic_enter()

    def __exit__(self, kind, value, traceback):
        redisgears._atomic_exit()


redisgears.atomicCtx = atomic
redisgears.PyAtomic = atomic

# What scripts written for RedisGears find without importing it.
import asyncio, copy, cProfile, io, itertools, logging, pickle, pstats, sys, traceback, types, weakref
from functools import partial
