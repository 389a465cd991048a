"""Functions that change the whole process, and so the server and every other gear.

Functions that only tune the interpreter have no effect, so that packages which call them work. Functions that would take
something from the server are refused.
"""

import faulthandler
import functools
import gc
import os
import resource
import signal
import sys
import threading

# Python's own limit, and what fits the stack of a thread (8 MB) if each level goes through `sorted` with a key, which needs
# almost 3 KB of it.
_LOWEST_RECURSION = 1000
_HIGHEST_RECURSION = 2000


def _bound_recursion(set_limit):
    @functools.wraps(set_limit)
    def setrecursionlimit(limit, /):
        set_limit(max(_LOWEST_RECURSION, min(limit, _HIGHEST_RECURSION)))

    return setrecursionlimit


def _without_effect(owner, name, answer=None):
    original = getattr(owner, name, None)
    if original is None:
        return

    @functools.wraps(original)
    def ignored(*_args, **_kwargs):
        return answer

    setattr(owner, name, ignored)


def _refused(owner, name, instead):
    original = getattr(owner, name, None)
    if original is None:
        return
    message = f"{owner.__name__}.{name} is not available in gears, because it changes the whole server: {instead}"

    @functools.wraps(original)
    def refused(*args, **_kwargs):
        # Taking back what was never set.
        if args == (None,):
            return
        # What Python raises where signals cannot be handled, which packages expect.
        raise ValueError(message)

    setattr(owner, name, refused)


sys.setrecursionlimit = _bound_recursion(sys.setrecursionlimit)
for _name in "disable", "enable", "freeze", "unfreeze", "set_threshold", "set_debug":
    _without_effect(gc, _name)
_without_effect(sys, "setswitchinterval")
_without_effect(threading, "stack_size", 0)
for _name in "enable", "disable", "cancel_dump_traceback_later":
    _without_effect(faulthandler, _name)
for _name in "register", "dump_traceback_later":
    _refused(faulthandler, _name, "read the server's log")
for _name in "settrace", "setprofile":
    _refused(sys, _name, "set ProfileExecutions to measure gears")
for _name in "settrace", "setprofile", "settrace_all_threads", "setprofile_all_threads":
    _refused(threading, _name, "set ProfileExecutions to measure gears")
for _name in "alarm", "setitimer":
    _refused(signal, _name, "ExecutionMaxTime limits gears")
for _name in "signal", "set_wakeup_fd", "siginterrupt":
    _refused(signal, _name, "signals belong to the server")
for _name in "chdir", "fchdir", "chroot":
    _refused(os, _name, "the server saves its data in its directory; use absolute paths")
_without_effect(os, "umask", 0o022)
for _name in ("setuid", "setgid", "seteuid", "setegid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
              "initgroups", "setsid", "setpgid", "closerange"):
    _refused(os, _name, "it belongs to the server")
for _name in "setrlimit", "prlimit":
    _refused(resource, _name, "limits belong to the server")
os.register_at_fork(after_in_child=_native.forked)
