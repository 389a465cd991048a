"""A private server with the engine, for tests in Python."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Iterator, List, Mapping, Optional, Union
from urllib.parse import quote

from . import files, log
from .configuration import Configuration
from .errors import ReplyError, ServerError
from .guard import Guard
from .programs import find_program
from .resp import Connection, Word

StrPath = Union[str, "os.PathLike[str]"]

#: How many bytes the path of a unix socket may have, on every system.
_LONGEST_SOCKET_PATH = 100
#: How many seconds a server may take to end after SHUTDOWN, and again after SIGTERM.
_GRACE = 5.0
#: How often another free port is chosen, because a program took the first one.
_ATTEMPTS = 5


@contextlib.contextmanager
def server(
    program: Optional[StrPath] = None,
    *,
    port: Optional[int] = None,
    settings: Optional[Mapping[str, object]] = None,
    config: Optional[Mapping[str, object]] = None,
    packages: Optional[StrPath] = None,
    python: Optional[StrPath] = None,
    timeout: float = 60.0,
) -> Iterator["Server"]:
    """Runs a private server with the engine; it ends with the block, or when this process ends.

    The server keeps nothing: its directory is new and is removed with it.

        with redgrease_engine.server() as server:
            server.call("RG.PYEXECUTE", "GB('CommandReader').map(lambda words: len(words)).register(trigger='length')")
            assert server.call("RG.TRIGGER", "length", "a", "b") == [b"3"]

    * `program`: the redis-server or valkey-server. Default: the one in the environment variable
      `REDGREASE_SERVER`, else the first on `PATH`.
    * `port`: a port on loopback, 0 for a free one. Default: none, only a unix socket.
    * `settings`: settings of the engine, such as `{"ExecutionMaxTime": 1000}`.
    * `config`: lines of the server's configuration, such as `{"appendonly": "yes"}`.
    * `packages`: the directory in which the engine installs requirements of gears. Default: the environment
      variable `REDGREASE_PYTHON_DIR`, else a directory in the user's cache, which servers share.
    * `python`: the Python of the gears. Default: the one that runs this code. Gears can import its packages.
    * `timeout`: how many seconds the server may take to start.

    Raises `EngineError` or `ServerError` with what failed and what to do.
    """
    started = _start(program, port, settings or {}, config or {}, packages, python, timeout)
    try:
        yield started
    finally:
        started.stop()


class Server:
    """A running private server; made by `server()`."""

    def __init__(self, process: "subprocess.Popen[bytes]", guard: Guard, directory: Path, port: Optional[int]) -> None:
        self._process = process
        self._directory = directory
        self._guard = guard
        # A forked child of this process has a copy of this object, but the server is not its own.
        self._owner = os.getpid()
        #: The port on loopback; `None` if the server has only its unix socket.
        self.port = port
        #: The unix socket, which the server has in any case.
        self.socket = str(directory / "redis.sock")
        #: The URL for clients: of the port if there is one, else of the unix socket.
        self.url = f"redis://127.0.0.1:{port}/" if port else f"unix://{quote(self.socket)}"

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    @property
    def directory(self) -> Path:
        """The directory of the server's data. It is removed when the server ends."""
        return self._directory

    def log(self, lines: int = 20) -> str:
        """The last lines of the log, which also contains what gears print."""
        return log.tail(self._directory / "server.log", lines)

    def call(self, *words: Word) -> Any:
        """Sends one command and returns the reply, with strings as bytes; needs no other package.

        Raises `ReplyError` if the reply is an error.
        """
        with Connection(self.socket, timeout=None) as connection:
            return connection.call(*words)

    def client(self, **options: Any) -> Any:
        """A client of the package redis (redis-py) or valkey, made with `from_url` and these options."""
        for name, kind in (("redis", "Redis"), ("valkey", "Valkey")):
            try:
                package = __import__(name)
            except ImportError:
                continue
            return getattr(package, kind).from_url(self.url, **options)
        raise ServerError(
            "a client needs the package redis: run `pip install redis`, or use `call`, which needs no package"
        )

    def stop(self) -> None:
        """Ends the server and removes its directory. Does nothing if the server has ended already."""
        if os.getpid() != self._owner:
            return
        for end in (self._ask, self._process.terminate, self._process.kill):
            if self._process.poll() is None:
                end()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_GRACE)
        self._guard.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _ask(self) -> None:
        """Asks the server to end; terminates one that does not take the command."""
        try:
            with Connection(self.socket, timeout=_GRACE) as connection:
                connection.call("SHUTDOWN", "NOSAVE")
        except ConnectionError:
            # The server has closed the connection: it ends.
            pass
        except (OSError, ReplyError):
            self._process.terminate()

    def _wait(self, timeout: float) -> None:
        """Waits until the server answers."""
        deadline = time.monotonic() + timeout
        while True:
            if self._process.poll() is not None:
                raise self._ended()
            with contextlib.suppress(OSError, ReplyError):
                with Connection(self.socket, timeout=timeout) as connection:
                    connection.call("PING")
                    return
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self._program()} did not answer within {timeout:g} s: check that it is a redis-server or "
                    "valkey-server, and on a slow machine raise `timeout`",
                    self.log(),
                )
            time.sleep(0.005)

    def _program(self) -> str:
        return str(self._process.args[0])  # type: ignore[index]

    def _ended(self) -> ServerError:
        """The error for a server that has ended before it answered."""
        text = self.log()
        status = f"ended before it answered (exit status {self._process.returncode})"
        module = log.of_module(text)
        if module:
            return ServerError(f"the server {status}: {module}", text)
        program = self._program()
        said = f" behind the line `{log.last(text)}`" if text else " without a line in its log"
        return ServerError(
            f"{program} {status}{said}: check the lines of `config`, and that `{program} --version` names Redis or Valkey, "
            "or name another program in REDGREASE_SERVER",
            text,
        )


def _start(
    program: Optional[StrPath],
    port: Optional[int],
    settings: Mapping[str, object],
    config: Mapping[str, object],
    packages: Optional[StrPath],
    python: Optional[StrPath],
    timeout: float,
) -> Server:
    command = find_program(None if program is None else os.fspath(program))
    module: List[object] = [files.path()]
    chosen = python or sys.executable
    # The loader reads its arguments without regard to case, and the engine does not.
    if chosen and not {name.lower() for name in settings} & {"python", "pythonexecutable"}:
        module += ["Python", os.fspath(chosen)]
    installed = packages or os.environ.get("REDGREASE_PYTHON_DIR") or _cache()
    if installed and "PythonInstallationDir" not in settings:
        module += ["PythonInstallationDir", os.path.abspath(installed)]
    for name, value in settings.items():
        module += [name, value]
    for attempt in range(1, _ATTEMPTS + 1):
        number = _free_port() if port == 0 else port
        try:
            return _run(command, number, module, config, timeout)
        except ServerError as error:
            taken = "Address already in use" in error.log
            if taken and port:
                raise ServerError(
                    f"port {port} is used by another program: choose another port, or 0 for a free one", error.log
                ) from None
            if not taken or attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _run(
    command: str, port: Optional[int], module: List[object], config: Mapping[str, object], timeout: float
) -> Server:
    directory = _directory()
    try:
        text = Configuration()
        text.add("port", port or 0).add("bind", "127.0.0.1").add("daemonize", "no").add("logfile", "")
        text.add("dir", directory).add("unixsocket", directory / "redis.sock").add("unixsocketperm", "700")
        text.add("save", "").add("loadmodule", *module)
        for name, value in config.items():
            text.line(name, value)
        (directory / "server.conf").write_bytes(text.encoded())
        with open(directory / "server.log", "wb") as out:
            process = subprocess.Popen(
                [command, str(directory / "server.conf")],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal must reach only this process, which decides when its server ends.
                start_new_session=True,
            )
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise ServerError(f"{command} could not be started, {error}: check the program and the disk") from error
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    try:
        guard = Guard(process.pid, directory)
    except BaseException:
        process.kill()
        process.wait()
        shutil.rmtree(directory, ignore_errors=True)
        raise
    started = Server(process, guard, directory, port)
    try:
        started._wait(timeout)
    except BaseException:
        started.stop()
        raise
    return started


def _directory() -> Path:
    """A new directory, with a path that is short enough for a socket."""
    usual = tempfile.gettempdir()
    fits = len(os.fsencode(usual)) + len("/redgrease-12345678/redis.sock") <= _LONGEST_SOCKET_PATH
    return Path(tempfile.mkdtemp(prefix="redgrease-", dir=usual if fits else "/tmp"))


def _cache() -> str:
    """The directory for requirements that `redgrease-embedded` uses as well."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return os.path.join(cache, "redgrease", "python")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
