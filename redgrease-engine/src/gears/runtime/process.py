"""Functions that change the whole process, and so the server and every other gear.

Functions that only tune the interpreter have no effect, so that packages which call them work. Functions that would take
something from the server are refused. Child processes may do to themselves what they like.
"""

import errno
import faulthandler
import functools
import gc
import os
import resource
import signal
import sys
import threading
import tracemalloc

# Python's own limit, and what fits the stack of a thread (8 MB) if each level goes through `sorted` with a key, which needs
# almost 3 KB of it.
_LOWEST_RECURSION = 1000
_HIGHEST_RECURSION = 2000

_getpid, _getpgid = os.getpid, os.getpgid
_SERVER = _getpid()


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
    def refused(*args, **kwargs):
        if _getpid() != _SERVER:
            return original(*args, **kwargs)
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
_without_effect(sys, "setdlopenflags")
_without_effect(threading, "stack_size", 0)
_without_effect(tracemalloc, "start")
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
_refused(sys, "addaudithook", "an audit hook sees all gears, and cannot be removed")
for _name in "_exit", "abort":
    _refused(os, _name, "raise an exception to end the gear")
for _name in "nice", "setpriority", "sched_setaffinity", "sched_setscheduler", "sched_setparam":
    _refused(os, _name, "the system shares out the processors; start a process with `nice`")
_refused(signal, "raise_signal", "signals belong to the server")
_refused(signal, "pthread_kill", "signals belong to the server")


def _guard_kill(name, is_server):
    """Refuses signals to the server, also those of child processes."""
    original = getattr(os, name)

    @functools.wraps(original)
    def kill(process, signal, /):
        if signal and is_server(process):
            raise ValueError(
                "os.%s is refused for the process or the process group of the server: name the process that shall end" % name
            )
        return original(process, signal)

    setattr(os, name, kill)


def _guard_wait(name, is_any):
    """Refuses to wait for any child: the server waits for those that save its data."""
    original = getattr(os, name, None)
    if original is None:
        return

    @functools.wraps(original)
    def wait(*args, **kwargs):
        if _getpid() == _SERVER and is_any(*args):
            raise ChildProcessError(
                errno.ECHILD, "os.%s would take the children of the server: name the process to wait for" % name
            )
        return original(*args, **kwargs)

    setattr(os, name, wait)


# A group without a leader of its own is the group of the server.
_guard_kill("kill", lambda process: process in (_SERVER, 0, -1) or -process == _getpgid(_SERVER))
_guard_kill("killpg", lambda group: group in (0, 1, _getpgid(_SERVER)))
for _name in "wait", "wait3":
    _guard_wait(_name, lambda *_args: True)
for _name in "waitpid", "wait4":
    _guard_wait(_name, lambda process=0, *_rest: process <= 0)
_guard_wait("waitid", lambda kind=None, *_rest: kind != os.P_PID)
os.register_at_fork(after_in_child=_native.forked)
