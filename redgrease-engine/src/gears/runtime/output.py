"""Redirects the standard output and error of scripts to the server's log, line by line."""

import sys
import threading


class _LogStream:
    """A text stream to the log, with a line buffer per thread, so that gears do not mix lines."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, warning):
        self._warning = warning
        self._local = threading.local()

    def write(self, text):
        *lines, rest = (getattr(self._local, "rest", "") + text).split("\n")
        for line in lines:
            _native.write_log(line, self._warning)
        self._local.rest = rest
        return len(text)

    def flush(self):
        rest = getattr(self._local, "rest", "")
        if rest:
            self._local.rest = ""
            _native.write_log(rest, self._warning)

    def isatty(self):
        return False

    def writable(self):
        return True


sys.stdout = _LogStream(False)
sys.stderr = _LogStream(True)
sys.argv = ["Embeded"]


def _be_interrupted():
    """Runs long enough for a pending interruption of this thread to be raised here.

    Called after the interrupted code has ended, so that the interruption does not hit other code.
    """
    for _ in range(1000):
        pass


_woken = _native.woken


class _Insistent(redisgears.GearsForceStopped):
    """Interrupts code that has caught the interruption before: from now on every line of it is interrupted."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        _native.insist()


_Insistent.__module__ = "gears"
_Insistent.__name__ = _Insistent.__qualname__ = "forcestopped"
