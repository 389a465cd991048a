"""Work that goes on after a gear pays with the budget of memory of that gear: threads, tasks of thread pools, coroutines."""

from collections.abc import Coroutine as _Coroutine
from functools import wraps as _wraps


def _hand_on_first(start):
    """Wraps a function that starts a thread: the first argument is the function that the thread calls."""

    @_wraps(start)
    def started(function, *args, **kwargs):
        return start(_native.handed_on(function), *args, **kwargs)

    return started


def _hand_on_threads():
    """All threads of Python begin in one of these functions, which modules know under several names."""
    import _thread
    import threading

    for door in ("start_new_thread", "start_new", "start_joinable_thread"):
        start = getattr(_thread, door, None)
        if start is None:
            continue
        wrapped = _hand_on_first(start)
        for module in (_thread, threading):
            for name, value in list(vars(module).items()):
                if value is start:
                    setattr(module, name, wrapped)


def _hand_on_tasks():
    """The threads of a pool work for all gears: each task pays with the budget of the gear that gives it."""
    from concurrent.futures.thread import ThreadPoolExecutor

    submit = ThreadPoolExecutor.submit
    start = ThreadPoolExecutor._adjust_thread_count

    @_wraps(submit)
    def submitted(self, fn, /, *args, **kwargs):
        return submit(self, _native.handed_on(fn), *args, **kwargs)

    ThreadPoolExecutor.submit = submitted
    ThreadPoolExecutor._adjust_thread_count = lambda self: _native.for_all(start, self)


def _call(function, *args):
    return function(*args)


class _Paid(_Coroutine):
    """A coroutine whose steps pay with a budget: `run` calls a function so."""

    def __init__(self, coroutine, run):
        self._coroutine = coroutine
        self._run = run
        self.__qualname__ = getattr(coroutine, "__qualname__", type(coroutine).__qualname__)

    def send(self, value):
        return self._run(self._coroutine.send, value)

    def throw(self, *raised):
        return self._run(self._coroutine.throw, *raised)

    def close(self):
        return self._coroutine.close()

    def __await__(self):
        return self

    __iter__ = __await__

    def __next__(self):
        return self.send(None)


def _paid(coroutine):
    """The coroutine, whose steps pay with the budget of the gear that calls this."""
    run = _native.handed_on(_call)
    return coroutine if run is _call else _Paid(coroutine, run)


_hand_on_threads()
_hand_on_tasks()
