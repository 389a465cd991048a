"""A process that ends the server if this one ends without doing so, for example when it is killed."""

import os
import subprocess
import weakref
from pathlib import Path

from .errors import ServerError

_SHELL = "/bin/sh"

# Linux can signal a child when its parent ends, but means the thread that started the child, and macOS has no such
# signal. This shell waits on a pipe instead, whose other end this process holds until it ends.
# `$1` is the process id of the server, `$2` the directory to remove.
_SCRIPT = """
while read -r _; do :; done
kill -TERM "$1" 2>/dev/null
turns=0
while kill -0 "$1" 2>/dev/null && [ "$turns" -lt 50 ]; do sleep 0.1; turns=$((turns + 1)); done
kill -KILL "$1" 2>/dev/null
rm -rf -- "$2"
"""


class Guard:
    """The guard of one server."""

    def __init__(self, server: int, directory: Path) -> None:
        try:
            self._shell = subprocess.Popen(
                [_SHELL, "-c", _SCRIPT, "redgrease-guard", str(server), str(directory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C in a terminal must not reach the guard.
                start_new_session=True,
            )
        except OSError as error:
            raise ServerError(
                f"the guard that ends the server with this process could not be started, {error}: "
                f"install a shell as {_SHELL}, and check that this user may run it and start processes"
            ) from error

        _guards.add(self)

    def forget(self) -> None:
        """Closes the pipe in a forked child, which would keep the server alive behind the end of this process."""
        if self._shell.stdin:
            self._shell.stdin.close()

    def stop(self) -> None:
        """Ends the guard, before its pipe closes: the server goes on."""
        self._shell.kill()
        self._shell.wait()
        if self._shell.stdin:
            self._shell.stdin.close()


_guards: "weakref.WeakSet[Guard]" = weakref.WeakSet()


def _forget_all() -> None:
    for guard in list(_guards):
        guard.forget()


os.register_at_fork(after_in_child=_forget_all)
