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
getGearsSession = redisgears.getGearsSession
setGearsSession = redisgears.setGearsSession
registerGearsThread = redisgears.registerGearsThread
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

    # Clients of RedisGears leave the block themselves, without arguments.
    def __exit__(self, *_exception):
        redisgears._atomic_exit()


class GearsSession:
    """A block in which this thread acts for a session: `with GearsSession(getGearsSession()):`."""

    def __init__(self, session):
        self.session = session

    def __enter__(self):
        self._before = getGearsSession()
        setGearsSession(self.session)
        return self.session

    def __exit__(self, *_exception):
        setGearsSession(self._before)


def createKeysOnlyReader(pattern="*", count=1000, noScan=False, patternGenerator=None):
    """A function for `PythonReader` that gives the names of keys."""

    def reader():
        glob, exact = (pattern, noScan) if patternGenerator is None else patternGenerator()
        if exact:
            if execute("EXISTS", glob):
                yield glob
            return
        cursor = "0"
        while True:
            cursor, names = execute("SCAN", cursor, "MATCH", glob, "COUNT", count)
            yield from names
            if cursor == "0":
                return

    return reader


# -- what older scripts call


def genDeprecated(deprecated, name, function):
    """`function` under the name it had: tells that it has another one now."""

    def call(*args, **kargs):
        log("%s is deprecated, use %s instead" % (deprecated, name), level="warning")
        return function(*args, **kargs)

    return call


def createDecorator(name):
    """A method of a builder that calls the method of its execution context."""

    def deco(self, *args):
        getattr(self.gearsCtx, name)(*args)
        return self

    deco.__name__ = name
    return deco


Log = genDeprecated("Log", "log", log)
ConfigGet = genDeprecated("ConfigGet", "configGet", configGet)
GearsConfigGet = genDeprecated("GearsConfigGet", "gearsConfigGet", gearsConfigGet)


def _saveGlobals():
    """There is nothing to save: a script's globals are its own."""


redisgears.atomicCtx = atomic
redisgears.PyAtomic = atomic
redisgears._saveGlobals = _saveGlobals


class _RedisAI(types.ModuleType):
    """`import redisAI` works; calling it needs a server with RedisAI, which the engine does not use."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            "redisAI.%s is not there: this engine has no connection to RedisAI; call its commands "
            "with execute('AI...', ..)" % name
        )


sys.modules["redisAI"] = _RedisAI("redisAI")
sys.modules["rg"] = redisgears

# What scripts written for RedisGears find without importing it.
import abc, asyncio, builtins, collections, copy, cProfile, dis, importlib, io, itertools, logging
import opcode, operator, os, pickle, platform, pstats, struct, subprocess, sys, threading, time
import traceback, types, typing, uuid, warnings, weakref
from asyncio import Future
from collections import ChainMap, OrderedDict
from enum import Enum
from functools import partial
from pickle import PicklingError, Pickler
from threading import Thread

# Left behind by loops of the original's own start: a name, a function, and the event loop's thread.
k, f = "collect", GearsBuilder.collect
t = Thread(target=_run_loop, name="rg-asyncio", daemon=True)
