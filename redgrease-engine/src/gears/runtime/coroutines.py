"""Runs the coroutines of gears. Each session has an event loop, and each event loop has a thread."""

from functools import partial

log = redisgears.log


def _new_loop():
    made = _loop_of_engine(_GearsLoop())
    made._use_task_factory(
        lambda loop, coroutine, **options: _std.asyncio.Task(_paid(coroutine), loop=loop, **options)
    )
    return made


loop = _new_loop()
_loops = {0: loop}
_loop_threads = {}
_loop_lock = _std.threading.Lock()


def _run_loop(loop=loop):
    redisgears.registerGearsThread()
    _std.asyncio.set_event_loop(loop)
    while True:
        try:
            loop.run_forever()
        except BaseException as raised:
            # `sys.exit()` in a coroutine ends the loop, but other coroutines still need it.
            log("a coroutine tried to stop the shared event loop: %r" % (raised,), "warning")


def _unstarted_thread(number):
    name = "rg-asyncio" if number == 0 else "rg-asyncio-%d" % number
    return _LoopThread(target=lambda: _run_loop(_loops[number]), name=name, daemon=True)


# Made when the server starts, because making a thread needs what gears may patch. As many as there can be loops.
_unstarted = [_unstarted_thread(number) for number in range(16)]


def _started_loop(number):
    """The loop with this number. Starts its thread unless it runs. Most servers never need one."""
    if number not in _loop_threads:
        with _loop_lock:
            if number not in _loops:
                _loops[number] = _new_loop()
            if number not in _loop_threads:
                thread = _unstarted[number]
                _native.for_all(thread.start)
                _loop_threads[number] = thread
    return _loops[number]


class _Driven:
    """An awaitable that runs every step of a coroutine through a continuation.

    The continuation is a native object, which runs each step with the user and the session of the
    execution.
    """

    def __init__(self, coroutine, continuation):
        self._coroutine = coroutine
        self._continuation = continuation

    def __await__(self):
        next_step = partial(self._continuation.step, self._coroutine, None)
        while True:
            try:
                waited_for = next_step()
            except StopIteration as end:
                return end.value
            try:
                value = yield waited_for
            except BaseException as raised:
                next_step = partial(self._continuation.throw, self._coroutine, raised)
            else:
                next_step = partial(self._continuation.step, self._coroutine, value)


def _schedule(coroutine, continuation, loop_number):
    """Runs a coroutine of an execution, and reports its outcome to the continuation. Returns the task."""

    async def run():
        _be_hidden()
        try:
            result = await _Driven(coroutine, continuation)
        except BaseException as raised:
            continuation.failed(raised)
        else:
            continuation.done(result)

    # Each step of the coroutine finds its gear by the continuation.
    loop = _started_loop(loop_number)
    return _native.for_all(_std.asyncio.run_coroutine_threadsafe, run(), loop)


class _InSession:
    """Runs every step of a coroutine with a session. Between the steps the thread has its own."""

    def __init__(self, coroutine, session):
        self._coroutine = coroutine
        self._session = session

    def _step(self, step, value):
        before = redisgears.getGearsSession()
        redisgears.setGearsSession(self._session)
        try:
            return step(value)
        finally:
            redisgears.setGearsSession(before)

    def __await__(self):
        step, value = self._coroutine.send, None
        while True:
            try:
                waited_for = self._step(step, value)
            except StopIteration as end:
                return end.value
            try:
                step, value = self._coroutine.send, (yield waited_for)
            except BaseException as raised:
                step, value = self._coroutine.throw, raised


@_checked
def runCoroutine(cr, f=None, delay=0, s=None):
    """Runs the coroutine `cr` in the background after `delay` seconds.

    If a future `f` of `gearsFuture()` is given, it continues with the result or the error. The
    coroutine belongs to the session `s`, which is that of the caller unless it is given.
    """
    session = redisgears.getGearsSession() if s is None else s
    # Of other awaitables, no step runs Python of a gear.
    in_session = session is not None and _std.asyncio.iscoroutine(cr)
    awaited = _InSession(cr, session) if in_session else cr

    async def run():
        _be_hidden()
        try:
            if delay:
                await _std.asyncio.sleep(delay)
            result = await awaited
        except BaseException as raised:
            if f is None:
                raise
            f.continueFailed(str(raised))
        else:
            if f is not None:
                f.continueRun(result)

    _std.asyncio.run_coroutine_threadsafe(run(), _started_loop(_native.event_loop(session)))


@_checked
def createFuture():
    """Creates an asyncio future of the event loop that runs the coroutines of the session."""
    try:
        running = _std.asyncio.get_running_loop()
    except RuntimeError:
        running = _started_loop(_native.event_loop(None))
    return running.create_future()


def _settle(future, settle):
    """Calls `settle` on the event loop's thread unless the future is done."""
    future.get_loop().call_soon_threadsafe(lambda: None if future.done() else settle())


@_checked
def setFutureResults(f, res):
    """Sets the result of a future of `createFuture()`, from any thread."""
    _settle(f, lambda: f.set_result(res))


@_checked
def setFutureException(f, exception):
    """Sets the exception, or its text, of a future of `createFuture()`, from any thread."""
    if not isinstance(exception, BaseException):
        exception = Exception(str(exception))
    _settle(f, lambda: f.set_exception(exception))


@_guard_class
class GearsFuture(metaclass=_GuardedClass):
    """A started execution. Awaiting it gives `[results, errors]`."""

    def __init__(self, execution_id):
        self.executionId = execution_id
        self._outcome = None

    def __repr__(self):
        return "<GearsFuture %s>" % ("pending" if self._outcome is None else "finished")

    def __await__(self):
        future = createFuture()

        def take(results, errors):
            self._outcome = [results, errors]
            setFutureResults(future, self._outcome)

        _native.when_done(self.executionId, take)
        return (yield from future.__await__())
