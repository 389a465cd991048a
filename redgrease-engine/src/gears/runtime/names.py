"""The names that scripts can use without importing them."""

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


@_checked
def gearsConfigGet(key, default=None):
    """The value that a user stored under `key` with RG.CONFIGSET, or the default."""
    value = configGet(key)
    return default if value is None else value


@_guard_class
class atomic(metaclass=_GuardedClass):
    """A block in which the server runs nothing else: `with atomic():`."""

    def __init__(self):
        pass

    __init__ = _checked(__init__, "atomic")

    def __enter__(self):
        _native.atomic_enter()

    # Scripts for RedisGears call this method directly, without arguments.
    def __exit__(self, *_exception):
        _native.atomic_exit()


@_guard_class
class GearsSession(metaclass=_GuardedClass):
    """A block in which this thread belongs to a session: `with GearsSession(session):`.

    `session` is a result of `getGearsSession()`.
    """

    def __init__(self, session):
        self.session = session

    __init__ = _checked(__init__, "GearsSession")

    def __enter__(self):
        self._before = getGearsSession()
        setGearsSession(self.session)
        return self.session

    def __exit__(self, *_exception):
        setGearsSession(self._before)


@_checked
def createKeysOnlyReader(pattern="*", count=1000, noScan=False, patternGenerator=None):
    """Creates a function for `PythonReader` that yields the names of keys."""

    def reader():
        glob, exact = (pattern, noScan) if patternGenerator is None else patternGenerator()
        if exact:
            if execute("EXISTS", glob):
                yield glob
            return
        # As of `KeysReader`, an empty pattern means all keys.
        glob = glob or "*"
        cursor = "0"
        while True:
            cursor, names = execute("SCAN", cursor, "MATCH", glob, "COUNT", count)
            yield from names
            if cursor == "0":
                return

    return reader


# -- names for older scripts


@_checked
def genDeprecated(deprecated, name, function):
    """Wraps a function that was renamed: each call logs the new name."""

    def call(*args, **kargs):
        log("%s is deprecated, use %s instead" % (deprecated, name), level="warning")
        return function(*args, **kargs)

    return call


@_checked
def createDecorator(name):
    """Creates a builder's method that calls the method `name` of its execution context."""

    def deco(self, *args):
        getattr(self.gearsCtx, name)(*args)
        return self

    deco.__name__ = name
    return deco


Log = genDeprecated("Log", "log", log)
ConfigGet = genDeprecated("ConfigGet", "configGet", configGet)
GearsConfigGet = genDeprecated("GearsConfigGet", "gearsConfigGet", gearsConfigGet)


@_checked
def _saveGlobals():
    """Does nothing: each script has its own globals, which need not be saved."""


redisgears.atomicCtx = atomic
redisgears.PyAtomic = atomic
redisgears._saveGlobals = _saveGlobals


_NO_REDISAI = (
    "RedisAI is not loaded, and the engine does not support it: call the commands of a RedisAI on "
    "another server with a client"
)


def _without_redisai(name):
    """A function of RedisAI."""

    def call(*_args, **_kargs):
        raise redisgears.GearsError("redisAI.%s: %s" % (name, _NO_REDISAI))

    call.__name__ = call.__qualname__ = name
    call.__module__ = "redisAI"
    return call


def _make_redisai():
    """The module `redisAI`, with every type and function that RedisGears has in it.

    Scripts that import them load. A call says what is missing.
    """
    module = types.ModuleType("redisAI", "The names of RedisAI, which the engine does not support.")

    def no_such_name(name):
        raise AttributeError("module 'redisAI' has no attribute %r: %s" % (name, _NO_REDISAI))

    module.__getattr__ = no_such_name
    for name in "PyDAGRunner PyGraphRunner PyTensor PyTorchScriptRunner".split():
        members = {"__module__": "redisAI", "__new__": _without_redisai(name)}
        setattr(module, name, type(name, (), members))
    for name in """
        createDAGRunner createModelRunner createScriptRunner createTensorFromBlob
        createTensorFromValues getTensorFromKey mgetTensorsFromKeyspace modelRunnerAddInput
        modelRunnerAddOutput modelRunnerRun modelRunnerRunAsync msetTensorsInKeyspace
        scriptRunnerAddInput scriptRunnerAddInputList scriptRunnerAddOutput scriptRunnerRun
        scriptRunnerRunAsync setTensorInKey tensorGetDataAsBlob tensorGetDims tensorToFlatList
    """.split():
        setattr(module, name, _without_redisai(name))
    return module


sys.modules["redisAI"] = _make_redisai()
sys.modules["rg"] = redisgears
_guard_module(sys.modules["redisAI"])
_guard_module(redisgears)

# Modules and names that scripts for RedisGears use without importing them.
import abc, asyncio, builtins, collections, copy, cProfile, dis, importlib, io, itertools, logging
import opcode, operator, os, pickle, platform, pstats, struct, subprocess, sys, threading, time
import traceback, types, typing, uuid, warnings, weakref
from asyncio import Future
from collections import ChainMap, OrderedDict
from enum import Enum
from functools import partial
from pickle import PicklingError, Pickler
from threading import Thread

# Globals that RedisGears leaves behind when it starts: loop variables and the event loop's thread.
k, f = "collect", GearsBuilder.collect
t = Thread(target=_run_loop, name="rg-asyncio", daemon=True)
