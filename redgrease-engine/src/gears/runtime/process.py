"""Functions that change the whole process, and so the server and every other gear.

Functions that only tune the interpreter have no effect, so that packages which call them work. Functions that would take
something from the server are refused. Child processes may do to themselves what they like.
"""

import _thread
import errno
import faulthandler
import functools
import gc
import operator
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import tracemalloc

# Python's own limit, and what fits the stack of a thread (8 MB) if each level goes through `sorted` with a key, which needs
# almost 3 KB of it.
_LOWEST_RECURSION = 1000
_HIGHEST_RECURSION = 2000

_getpid, _getpgid = os.getpid, os.getpgid
_SERVER = _getpid()
_MAIN_THREAD = threading.main_thread().ident


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
for _name in "raise_signal", "pthread_kill":
    _refused(signal, _name, "signals belong to the server")
# They would take the signals that end the server and those that interrupt gears.
for _name in "sigwait", "sigwaitinfo", "sigtimedwait":
    _refused(signal, _name, "signals belong to the server; wait with an Event of `threading`")
for _name in "execv", "execve", "execl", "execle", "execlp", "execlpe", "execvp", "execvpe":
    _refused(os, _name, "another program would take its place; start a process with `subprocess`")
_refused(os, "login_tty", "it belongs to the server")


def _keep_mask():
    """The signals that a thread blocks stay the same. `multiprocessing` blocks some while it starts a process."""
    original = getattr(signal, "pthread_sigmask", None)
    if original is None:
        return
    read = signal.SIG_BLOCK

    @functools.wraps(original)
    def pthread_sigmask(how, mask):
        if _getpid() != _SERVER:
            return original(how, mask)
        return original(read, ())

    signal.pthread_sigmask = pthread_sigmask


def _guard_kill(owner, name, is_server):
    """Refuses signals to the server, also those of child processes."""
    original = getattr(owner, name, None)
    if original is None:
        return
    message = f"{owner.__name__}.{name} is refused for the process, a thread or the process group of the server: name the process that shall end"

    @functools.wraps(original)
    def kill(process, signal, /, *rest):
        if signal and is_server(process):
            raise ValueError(message)
        return original(process, signal, *rest)

    setattr(owner, name, kill)


def _is_server(process, _access=os.access, _index=operator.index):
    """`True` also for a thread of the server: the system sends signals to the whole process then."""
    process = _index(process)
    # A group without a leader of its own is the group of the server.
    return process in (_SERVER, 0, -1) or -process == _getpgid(_SERVER) or _access("/proc/%d/task/%d" % (_SERVER, process), os.F_OK)


def _is_descriptor_of_server(descriptor, _open=open, _index=operator.index):
    try:
        with _open("/proc/self/fdinfo/%d" % _index(descriptor)) as lines:
            processes = [int(line[4:]) for line in lines if line.startswith("Pid:")]
    except OSError:
        return False
    return any(process > 0 and _is_server(process) for process in processes)


def _run_in_shell(_run=subprocess.call):
    """`os.system` waits in C for as long as the command runs, and nothing interrupts it."""
    original = os.system

    @functools.wraps(original)
    def system(command):
        if _getpid() != _SERVER:
            return original(command)
        sys.audit("os.system", command)
        code = _run(os.fsencode(command), shell=True)
        # As the system encodes it: a signal, or the exit status.
        return -code if code < 0 else code << 8

    os.system = system


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


def _look_up_elsewhere(name, _start=_thread.start_new_thread, _lock=_thread.allocate_lock, _ident=_thread.get_ident):
    """The C library waits for an answer to a name for seconds, and nothing interrupts it: the main thread lets another one wait."""
    original = getattr(socket, name)

    @functools.wraps(original)
    def look_up(*args, **kwargs):
        if _ident() != _MAIN_THREAD or _getpid() != _SERVER:
            return original(*args, **kwargs)
        done, outcome = _lock(), []
        done.acquire()

        def run():
            try:
                outcome.append((True, original(*args, **kwargs)))
            except BaseException as error:
                outcome.append((False, error))
            done.release()

        try:
            _native.for_all(_start, run, ())
        except RuntimeError:
            return original(*args, **kwargs)
        done.acquire()
        succeeded, value = outcome.pop()
        if succeeded:
            return value
        try:
            raise value
        finally:
            del value

    setattr(socket, name, look_up)


for _name in "getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo":
    _look_up_elsewhere(_name)
_guard_kill(os, "kill", _is_server)
_guard_kill(os, "killpg", lambda group: group in (0, 1, _getpgid(_SERVER)))
_guard_kill(signal, "pidfd_send_signal", _is_descriptor_of_server)
_keep_mask()
_run_in_shell()
for _name in "wait", "wait3":
    _guard_wait(_name, lambda *_args: True)
for _name in "waitpid", "wait4":
    _guard_wait(_name, lambda process=0, *_rest: process <= 0)
_guard_wait("waitid", lambda kind=None, *_rest: kind != os.P_PID)
os.register_at_fork(before=_native.before_fork, after_in_parent=_native.after_fork, after_in_child=_native.forked)
