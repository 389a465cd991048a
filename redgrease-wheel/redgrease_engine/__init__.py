"""The engine that runs Python inside Redis and Valkey.

The package contains a Redis module. It has no functions for gears: those run inside the server.

* `path()`: the file for `redis-server --loadmodule`. On the command line: `python -m redgrease_engine`.
* `server()`: a private server with the engine, for tests.
* The pytest fixtures `redgrease_server` and `redgrease_client` (see `redgrease_engine.pytest_plugin`).
"""

from ._version import __version__
from .errors import EngineError, ReplyError, ServerError
from .files import path
from .private_server import Server, server

__all__ = ["EngineError", "ReplyError", "Server", "ServerError", "__version__", "path", "server"]
