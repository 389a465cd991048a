"""The part of the package `redgrease` that scripts on a server use: readers, commands and keywords.

It is bundled with the engine. An installed package `redgrease` takes precedence.
"""

from redgrease_commands.outcome import Err

from . import exceptions, sugar, utils
from .func import command, trigger
from .gears import ClosedGearFunction, GearFunction, OpenGearFunction
from .reader import (
    CommandReader,
    GearReader,
    KeysOnlyReader,
    KeysReader,
    PythonReader,
    ShardsIDReader,
    StreamReader,
)
from .runtime import (
    GB,
    GearsBuilder,
    atomic,
    configGet,
    execute,
    gearsConfigGet,
    gearsFuture,
    hashtag,
    hashtag3,
    log,
)
from .serverside import cmd
from .sugar import FailurePolicy, KeyType, LogLevel, ReaderType, TriggerMode
from . import data, gears, hysteresis, reader, readers, runtime, typing

# The version of the RedisGears API. The published package has False here outside a server.
GEARS_RUNTIME = (1, 2)

__all__ = [
    "GB",
    "GEARS_RUNTIME",
    "ClosedGearFunction",
    "CommandReader",
    "Err",
    "FailurePolicy",
    "GearFunction",
    "GearReader",
    "GearsBuilder",
    "KeyType",
    "KeysOnlyReader",
    "KeysReader",
    "LogLevel",
    "OpenGearFunction",
    "PythonReader",
    "ReaderType",
    "ShardsIDReader",
    "StreamReader",
    "TriggerMode",
    "atomic",
    "cmd",
    "command",
    "configGet",
    "execute",
    "gearsConfigGet",
    "gearsFuture",
    "hashtag",
    "hashtag3",
    "log",
    "trigger",
    "utils",
]

_CLIENTS = frozenset("Gears Redis RedisCluster RedisGears RedisMods".split())
_TOOLS = frozenset("GearsLoader read_requirements resolve_requirements".split())


def __getattr__(name):
    if name in _CLIENTS:
        raise AttributeError(
            "redgrease.%s connects to a server, and this code runs inside one: use `redgrease.cmd`"
            " for commands, and call `run` or `register` without `on`" % name
        )
    if name in _TOOLS:
        raise AttributeError(
            "redgrease.%s is for clients, and the engine does not bundle it: add redgrease[all] to the"
            " requirements to use it on the server" % name
        )
    raise AttributeError("module 'redgrease' has no attribute %r" % name)
