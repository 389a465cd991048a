"""The commands of this server with the methods of redis-py, without redis-py.

| module | purpose |
|---|---|
| `client` | the classes of `cmd` |
| `strings`, `bitmaps`, `hashes`, .. | the commands, one file for each kind of value |
| `words`, `replies` | the words of a command, the values of a reply |
| `refused` | what a gear cannot use |
| `exceptions`, `errors` | the exceptions, and those for error replies |
| `redis_py` | the client of redis-py, for gears that require it |
| `nil` | the value that is written as nil |
| `outcome` | `Err`, the other value of a gear |
| `host` | what the engine provides |
"""

from .client import Client, TolerantClient
from .exceptions import (
    BusyLoadingError,
    DataError,
    ExecAbortError,
    MisconfigurationError,
    NoPermissionError,
    NoReplicasError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

cmd = Client()
# `cmd` of the package `redgrease`, whose scripts pass values of any type.
tolerant = TolerantClient()

__all__ = ["cmd"]
