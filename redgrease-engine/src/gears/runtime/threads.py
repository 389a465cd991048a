"""Work that goes on after a gear belongs to that gear: threads, tasks of thread pools, coroutines, callbacks.

It has the rights of the gear and pays with its budget of memory, whatever thread it runs on.
"""

from collections.abc import Coroutine as _Coroutine
from functools import wraps as _wraps


def _wrap_first(start, wrap):
    """Wraps a function whose first argument is a function."""

    @_wraps(start)
    def started(function, *args, **kwargs):
        return start(wrap(function), *args, **kwargs)

    return started


def _wrap_method(owner, name, wrap):
    """Wraps a method whose first argument is a function."""
    method = getattr(owner, name)

    @_wraps(method)
    def called(self, function, /, *args, **kwargs):
        return method(self, wrap(function), *args, **kwargs)

    setattr(owner, name, called)


def _hand_on_threads():
    """All threads of Python begin in one of these functions, which modules know under several names."""
    import _thread
    import threading

    for door in ("start_new_thread", "start_new", "start_joinable_thread"):
        start = getattr(_thread, door, None)
        if start is None:
            continue
        wrapped = _wrap_first(start, _native.of_thread)
        for module in (_thread, threading):
            for name, value in vars(module).copy().items():
                if value is start:
                    setattr(module, name, wrapped)


def _wrap_initializer(place):
    """Wraps the constructor of a pool: its threads belong to nobody, and their initializer to the gear that makes the pool.

    `place` is the position of the initializer behind `self`.
    """

    def wrap(construct, call):
        @_wraps(construct)
        def constructed(self, *args, **kwargs):
            if len(args) > place:
                args = (*args[:place], _native.handed_on(args[place]), *args[place + 1 :])
            if "initializer" in kwargs:
                kwargs["initializer"] = _native.handed_on(kwargs["initializer"])
            return call(construct, self, *args, **kwargs)

        return constructed

    return wrap


def _call(function, *args, **kwargs):
    return function(*args, **kwargs)


def _hand_on_tasks():
    """The threads of a pool work for all gears: each task belongs to the gear that submits it."""
    from concurrent.futures import Future
    from concurrent.futures.thread import ThreadPoolExecutor

    _wrap_method(ThreadPoolExecutor, "submit", _native.handed_on)
    ThreadPoolExecutor.__init__ = _wrap_initializer(2)(ThreadPoolExecutor.__init__, _call)
    start = ThreadPoolExecutor._adjust_thread_count
    ThreadPoolExecutor._adjust_thread_count = lambda self: _native.for_all(start, self)

    add = Future.add_done_callback

    @_wraps(add)
    def add_done_callback(self, fn):
        # A future that is done calls the function here.
        return add(self, fn if self.done() else _native.handed_on(fn))

    Future.add_done_callback = add_done_callback


def _hand_on_pool_of_multiprocessing():
    from multiprocessing.pool import Pool, ThreadPool

    ThreadPool.__init__ = _wrap_initializer(1)(ThreadPool.__init__, _native.for_all)
    names = ("func", "callback", "error_callback")

    def wrap(name, *places):
        method = getattr(Pool, name)

        # In `ThreadPool` alone: a pool of processes sends its functions to them.
        @_wraps(method)
        def called(self, *args, **kwargs):
            args = [
                _native.handed_on(arg) if place in places else arg for place, arg in enumerate(args)
            ]
            for key in names:
                if key in kwargs:
                    kwargs[key] = _native.handed_on(kwargs[key])
            return method(self, *args, **kwargs)

        setattr(ThreadPool, name, called)

    for name in "map", "starmap", "imap", "imap_unordered":
        wrap(name, 0)
    # `apply_async(func, args, kwds, callback, error_callback)`, and the same for the others.
    for name in "apply_async", "map_async", "starmap_async":
        wrap(name, 0, 3, 4)


def _hand_on_later_calls():
    """Functions that an object calls later, on the thread of that moment."""
    import sched
    import weakref

    enter = sched.scheduler.enterabs

    @_wraps(enter)
    def enterabs(self, time, priority, action, *args, **kwargs):
        return enter(self, time, priority, _native.handed_on(action), *args, **kwargs)

    sched.scheduler.enterabs = enterabs

    finalize = weakref.finalize.__init__

    @_wraps(finalize)
    def __init__(self, obj, func, /, *args, **kwargs):
        # What frees something must run also if the gear has taken too much memory.
        finalize(self, obj, _native.handed_on_free(func), *args, **kwargs)

    weakref.finalize.__init__ = __init__


def _hand_on_contexts():
    """A copy of a context knows its gear, also on a thread that works for others."""
    import _contextvars
    import contextvars

    @_wraps(contextvars.copy_context)
    def copy_context():
        return _native.copied_context()

    _contextvars.copy_context = contextvars.copy_context = copy_context


def _for_loops():
    """Returns the function that wraps the callbacks of event loops."""
    from asyncio.tasks import Task, _PyTask
    from functools import partial
    from types import BuiltinFunctionType, MethodType
    from weakref import WeakKeyDictionary

    # The context does not say whose task it is: it may be that of several tasks.
    of_tasks = WeakKeyDictionary()
    py_steps = _PyTask._Task__step, _PyTask._Task__wakeup

    def is_step(callback):
        """Whether the callback continues the task that is its `__self__`."""
        kind = type(callback)
        if kind is MethodType:
            return callback.__func__ in py_steps
        if kind is BuiltinFunctionType:
            return callback.__name__ == "task_wakeup" and isinstance(callback.__self__, Task)
        # The module depends on the version of Python.
        return kind.__module__ in ("builtins", "_asyncio") and kind.__name__ in (
            "TaskStepMethWrapper",
            "TaskWakeupMethWrapper",
        )

    def is_wakeup(callback):
        kind = type(callback)
        if kind is MethodType:
            return callback.__func__ is py_steps[1]
        return kind is BuiltinFunctionType or kind.__name__ == "TaskWakeupMethWrapper"

    def wrap(callback, context):
        if not is_step(callback):
            return _native.for_loop(callback, context)
        task = callback.__self__
        run = of_tasks.get(task)
        if run is None:
            if is_wakeup(callback):
                # The task has begun without a step on the loop. Who wakes it is another gear.
                return _native.for_loop(callback, context)
            # The code that makes a task asks for its first step.
            run = of_tasks[task] = _native.for_loop(_call, None)
        return partial(run, callback)

    return wrap


def _hand_on_callbacks():
    """The callbacks of event loops.

    A callback runs in a context of Python, a copy of that of the code that asked for it. On the event loops of the engine the
    context is enough, because nothing else runs on their threads. A loop that a gear runs itself is inside of that gear, and
    may get work from others.
    """
    from asyncio import BaseEventLoop
    from asyncio.selector_events import BaseSelectorEventLoop
    from asyncio.unix_events import SelectorEventLoop
    from functools import partial

    wrap = _for_loops()

    class OfEngine:
        call_soon = BaseEventLoop.call_soon
        call_at = BaseEventLoop.call_at
        call_soon_threadsafe = BaseEventLoop.call_soon_threadsafe
        create_task = BaseEventLoop.create_task

    @_wraps(OfEngine.call_soon)
    def call_soon(self, callback, *args, context=None):
        callback = wrap(callback, context)
        if context is None:
            context = _native.context_here()
        return OfEngine.call_soon(self, callback, *args, context=context)

    @_wraps(OfEngine.call_at)
    def call_at(self, when, callback, *args, context=None):
        callback = wrap(callback, context)
        if context is None:
            context = _native.context_here()
        return OfEngine.call_at(self, when, callback, *args, context=context)

    # The code that calls this does not run on the loop: its context may not know its gear.
    def call_of_engine_soon_threadsafe(self, callback, *args, context=None):
        if context is None:
            context = _native.context_here()
        return OfEngine.call_soon_threadsafe(self, callback, *args, context=context)

    @_wraps(OfEngine.call_soon_threadsafe)
    def call_soon_threadsafe(self, callback, *args, context=None):
        callback = wrap(callback, context)
        if context is None:
            context = _native.context_here()
        return OfEngine.call_soon_threadsafe(self, callback, *args, context=context)

    @_wraps(OfEngine.create_task)
    def create_task(self, coro, **options):
        # The task copies the context of this moment.
        context = _native.context_here() if options.get("context") is None else None
        if context is None:
            return OfEngine.create_task(self, coro, **options)
        return context.run(OfEngine.create_task, self, coro, **options)

    BaseEventLoop.call_soon = call_soon
    BaseEventLoop.call_at = call_at
    BaseEventLoop.call_soon_threadsafe = call_soon_threadsafe
    BaseEventLoop.create_task = create_task

    run = BaseEventLoop.run_forever

    @_wraps(run)
    def run_forever(self):
        return _native.in_loop(partial(run, self))

    BaseEventLoop.run_forever = run_forever

    def wrap_second(owner, name):
        """Wraps a method whose second argument is a function that is called later."""
        method = getattr(owner, name)

        @_wraps(method)
        def called(self, first, callback, *args):
            # The loop itself wakes up so.
            if getattr(callback, "__func__", None) is not BaseSelectorEventLoop._read_from_self:
                callback = _native.for_loop(callback, None)
            return method(self, first, callback, *args)

        setattr(owner, name, called)

    wrap_second(BaseSelectorEventLoop, "_add_reader")
    wrap_second(BaseSelectorEventLoop, "_add_writer")
    wrap_second(SelectorEventLoop, "add_signal_handler")

    set_handler = BaseEventLoop.set_exception_handler

    @_wraps(set_handler)
    def set_exception_handler(self, handler):
        return set_handler(self, _native.for_loop(handler, None) if callable(handler) else handler)

    BaseEventLoop.set_exception_handler = set_exception_handler

    def of_engine(made):
        """Makes a loop one of the engine."""
        made.call_soon = OfEngine.call_soon.__get__(made)
        made.call_at = OfEngine.call_at.__get__(made)
        made.call_soon_threadsafe = call_of_engine_soon_threadsafe.__get__(made)
        made.create_task = OfEngine.create_task.__get__(made)
        return made

    return of_engine


class _Paid(_Coroutine):
    """A coroutine whose steps belong to a gear: `run` calls a function so."""

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
    """The coroutine, whose steps belong to the gear that calls this."""
    run = _native.handed_on(_call)
    return coroutine if run is _call else _Paid(coroutine, run)


_hand_on_threads()
_hand_on_tasks()
_hand_on_pool_of_multiprocessing()
_hand_on_later_calls()
_hand_on_contexts()
_loop_of_engine = _hand_on_callbacks()
