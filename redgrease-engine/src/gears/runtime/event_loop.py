"""The event loops of gears. A loop serves one session after the other, and several sessions if there are many."""

import _socket
import asyncio
import inspect
import socket
import threading

_Socket, _socketpair = socket.socket, _socket.socketpair


def _with_own_methods(kind, name):
    """A subclass that has the methods of `kind` as they are: assigning to those of `kind` does not change it."""
    own = {}
    for above in reversed(kind.__mro__[:-1]):
        own.update((key, value) for key, value in vars(above).items() if inspect.isfunction(value))
    return type(kind)(name, (kind,), own)


class _GearsLoop(_with_own_methods(asyncio.SelectorEventLoop, "_OwnLoop")):
    """An event loop that no coroutine can end for the others."""

    def _make_self_pipe(self):
        # As asyncio does, but without `socket`, which gears may have patched.
        self._ssock, self._csock = (_Socket(fileno=end.detach()) for end in _socketpair())
        self._ssock.setblocking(False)
        self._csock.setblocking(False)
        self._internal_fds += 1
        self._add_reader(self._ssock.fileno(), self._read_from_self)

    def close(self):
        raise RuntimeError("the event loop of gears cannot be closed, because other coroutines need it")

    def set_debug(self, enabled):
        """Has no effect: the debug mode makes every coroutine slower."""
        self._debug = False

    def set_task_factory(self, factory):
        raise RuntimeError(
            "the event loop of gears has a task factory of its own: make tasks with create_task, or run a loop of your own"
        )

    async def shutdown_default_executor(self, *_args, **_kwargs):
        """Has no effect."""

    async def shutdown_asyncgens(self):
        """Has no effect."""

    def run_in_executor(self, executor, func, *args):
        # A session may have set a pool as the default one, and have shut it down.
        if executor is None and getattr(self._default_executor, "_shutdown", False):
            self._default_executor = None
        return super().run_in_executor(executor, func, *args)

    def _use_task_factory(self, factory):
        super().set_task_factory(factory)


_LoopThread = _with_own_methods(threading.Thread, "Thread")
_hide_task = asyncio._unregister_task


def _be_hidden():
    """Takes the task that runs off the list of `asyncio.all_tasks()`, so that gears which cancel all tasks cancel their own."""
    _hide_task(_std.asyncio.current_task())
