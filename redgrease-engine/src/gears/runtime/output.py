"""Redirects the standard output and error of scripts to the server's log, line by line.

A session can redirect them further, with `sys.stdout = ..` or `contextlib.redirect_stdout`. That holds for its own code only.
"""

import sys
import threading
import types


class _LogStream:
    """A text stream to the log, with a line buffer per thread, so that gears do not mix lines."""

    # No other attributes, so that nobody replaces a method for all gears.
    __slots__ = ("_warning", "_local", "_redirected")
    encoding = "utf-8"
    errors = "replace"

    def __init__(self, warning):
        self._warning = warning
        self._local = threading.local()
        # Streams that take the place of this one, by the names of sessions. None is that of code without a session.
        self._redirected = {}

    def here(self):
        """The stream of the code that runs."""
        if not self._redirected:
            return self
        return self._redirected.get(_session_name(), self)

    def redirect(self, stream):
        """Makes another stream take the place of this one for the session of the code that runs."""
        if stream is self:
            self._redirected.pop(_session_name(), None)
        else:
            self._redirected[_session_name()] = stream

    def forget(self, session):
        self._redirected.pop(session, None)

    def write(self, text):
        if self._redirected:
            other = self.here()
            if other is not self:
                # Python prints nothing where there is no stream.
                return len(text) if other is None else other.write(text)
        *lines, rest = (getattr(self._local, "rest", "") + text).split("\n")
        for line in lines:
            _native.write_log(line, self._warning)
        self._local.rest = rest
        return len(text)

    def flush(self):
        if self._redirected:
            other = self.here()
            if other is not self:
                return None if other is None else other.flush()
        rest = getattr(self._local, "rest", "")
        if rest:
            self._local.rest = ""
            _native.write_log(rest, self._warning)

    def isatty(self):
        return False

    def writable(self):
        return True


def _session_name():
    session = _session_here()
    return None if session is None else session.id


class _Sys(types.ModuleType):
    """The module `sys`, whose streams are those of the session. Python itself prints to the streams of the log.

    Its functions cannot be replaced.
    """

    _guarded = frozenset()

    def __setattr__(self, name, value):
        if name in _Sys._guarded:
            raise _refusal("sys", name)
        types.ModuleType.__setattr__(self, name, value)

    def __delattr__(self, name):
        if name in _Sys._guarded:
            raise _refusal("sys", name)
        types.ModuleType.__delattr__(self, name)

    @property
    def stdout(self):
        return _output.here()

    @stdout.setter
    def stdout(self, stream):
        _output.redirect(stream)

    @property
    def stderr(self):
        return _errors.here()

    @stderr.setter
    def stderr(self, stream):
        _errors.redirect(stream)


def _forget_redirects(session):
    """A script begins that makes this session."""
    _output.forget(session)
    _errors.forget(session)


_session_here = redisgears.getGearsSession
_output = sys.stdout = _LogStream(False)
_errors = sys.stderr = _LogStream(True)
sys.argv = ["Embeded"]
sys.__class__ = _Sys


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
