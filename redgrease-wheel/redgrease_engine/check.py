"""Tries the whole way: the files of the package, a server, and a gear in it."""

from .errors import ReplyError, ServerError
from .private_server import server

_GEAR = """
import sys
GB('CommandReader').map(lambda _: '%d.%d.%d' % sys.version_info[:3]).register(trigger='redgrease_check')
"""


def check() -> str:
    """Runs a gear in a private server and returns a line about it.

    Raises `EngineError` or `ServerError` if that fails.
    """
    with server() as started:
        try:
            started.call("RG.PYEXECUTE", _GEAR)
            python = started.call("RG.TRIGGER", "redgrease_check")[0].decode()
            program = _field(started.call("INFO", "server"), "redis_version")
        except (OSError, ReplyError) as error:
            raise ServerError(f"a gear failed in the server, {error}: read its log", started.log()) from error
        return f"ok: Python {python} runs in a server that answers as Redis {program}"


def _field(info: bytes, name: str) -> str:
    for line in info.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return value
    return "(unknown version)"
