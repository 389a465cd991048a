"""Finds the server program."""

import os
import shutil
from typing import Optional

from .errors import ServerError

_NAMES = ("redis-server", "valkey-server")


def find_program(chosen: Optional[str] = None) -> str:
    """The server program: `chosen`, else the one in `REDGREASE_SERVER`, else the first on `PATH`."""
    for origin, named in (("the argument `program`", chosen), ("REDGREASE_SERVER", os.environ.get("REDGREASE_SERVER"))):
        if named:
            program = shutil.which(named)
            if program is None:
                raise ServerError(
                    f"{origin} names {named}, which is not a program that can be run: correct it, "
                    "or leave it out to use the redis-server or valkey-server on PATH"
                )
            return program
    for name in _NAMES:
        program = shutil.which(name)
        if program is not None:
            return program
    raise ServerError(
        "no redis-server and no valkey-server was found on PATH: install one "
        "(Debian: `apt-get install redis-server`), or name it in REDGREASE_SERVER"
    )
