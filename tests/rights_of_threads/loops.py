# The forms in which gears give callbacks to an event loop that works for all gears. Follows `forms.py`.


def give_now(loop, work):
    loop.call_soon(work)
    loop.call_soon_threadsafe(int)


def give_threadsafe(loop, work):
    loop.call_soon_threadsafe(work)


def give_later(loop, work):
    loop.call_soon_threadsafe(loop.call_later, 0.01, work)


def give_later_from_here(loop, work):
    loop.call_later(0.01, work)
    loop.call_soon_threadsafe(int)


def give_task(loop, work):
    sys.shared["given"] = loop.create_task(working(work))
    loop.call_soon_threadsafe(int)


def give_ensured(loop, work):
    sys.shared["given"] = asyncio.ensure_future(working(work), loop=loop)
    loop.call_soon_threadsafe(int)


def give_task_object(loop, work):
    sys.shared["given"] = asyncio.Task(working(work), loop=loop)
    loop.call_soon_threadsafe(int)


def give_python_task(loop, work):
    sys.shared["given"] = asyncio.tasks._PyTask(working(work), loop=loop)
    loop.call_soon_threadsafe(int)


def give_waiting_task(loop, work):
    future = loop.create_future()

    async def waiting():
        await future
        work()

    sys.shared["given"] = asyncio.Task(waiting(), loop=loop)
    loop.call_soon_threadsafe(loop.call_later, 0.01, future.set_result, None)


def give_waiting_python_task(loop, work):
    future = loop.create_future()

    async def waiting():
        await future
        work()

    sys.shared["given"] = asyncio.tasks._PyTask(waiting(), loop=loop)
    loop.call_soon_threadsafe(loop.call_later, 0.01, future.set_result, None)


def give_inner_callback(loop, work):
    async def waiting():
        future = loop.create_future()
        future.add_done_callback(lambda _: work())
        future.set_result(None)

    sys.shared["given"] = loop.create_task(waiting())
    loop.call_soon_threadsafe(int)


def give_coroutine(loop, work):
    asyncio.run_coroutine_threadsafe(working(work), loop).add_done_callback(lambda _: None)


def give_callback_of_coroutine(loop, work):
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).add_done_callback(lambda _: work())


def give_executor(loop, work):
    loop.run_in_executor(None, work)
    loop.call_soon_threadsafe(int)


def give_reader(loop, work):
    ours, theirs = socket.socketpair()

    def readable():
        loop.remove_reader(ours)
        work()

    loop.add_reader(ours, readable)
    theirs.send(b"x")
    loop.call_soon_threadsafe(int)
    sys.shared.setdefault("kept", []).append((ours, theirs))


def give_writer(loop, work):
    ours, theirs = socket.socketpair()

    def writable():
        loop.remove_writer(ours)
        work()

    loop.add_writer(ours, writable)
    loop.call_soon_threadsafe(int)
    sys.shared.setdefault("kept", []).append((ours, theirs))


def give_handler(_, work):
    one = started_loop()
    one.set_exception_handler(lambda *_: work())
    # The thread of the failing callback belongs to others.
    shared_loop().call_soon_threadsafe(one.call_soon_threadsafe, lambda: 1 / 0)


def give_task_of_factory(_, work):
    one = started_loop()
    one.set_task_factory(lambda loop, coroutine, **options: asyncio.Task(coroutine, loop=loop))
    asyncio.run_coroutine_threadsafe(working(work), one)


def give_task_with_context(loop, work):
    # The same context for all gears.
    if sys.version_info < (3, 11):
        return give_task(loop, work)
    context = shared("context", contextvars.Context)
    sys.shared["given"] = loop.create_task(working(work), context=context)
    loop.call_soon_threadsafe(int)


def give_to_queue(loop, work):
    context = contextvars.copy_context()
    sys.shared["todo"].put(lambda: context.run(work))


def callback_of_future(loop, work):
    future = loop.create_future()
    future.add_done_callback(lambda _: work())
    loop.call_soon_threadsafe(future.set_result, None)


def callback_of_wrapped(loop, work):
    future = concurrent.futures.Future()
    asyncio.wrap_future(future, loop=loop).add_done_callback(lambda _: work())
    future.set_result(None)


def nobody_now(loop, work):
    loop.call_soon(work, context=contextvars.Context())
    loop.call_soon_threadsafe(int)


def nobody_threadsafe(loop, work):
    loop.call_soon_threadsafe(work, context=contextvars.Context())


def nobody_later(loop, work):
    loop.call_later(0.01, work, context=contextvars.Context())
    loop.call_soon_threadsafe(int)


def nobody_from_coroutine(loop, work):
    async def inner():
        loop.call_soon(work, context=contextvars.Context())

    asyncio.run_coroutine_threadsafe(inner(), loop)


def nobody_with_context_of_body(loop, work):
    loop.call_soon_threadsafe(work, context=sys.shared["context of body"])


def nobody_with_session(loop, work):
    session = sys.shared["session"]

    def with_session():
        setGearsSession(session)
        try:
            work()
        finally:
            setGearsSession(None)

    loop.call_soon_threadsafe(with_session, context=contextvars.Context())


def nobody_starts_thread_with_session(loop, work):
    session = sys.shared["session"]

    def with_session():
        setGearsSession(session)
        work()

    loop.call_soon_threadsafe(lambda: thread(with_session), context=contextvars.Context())


def nobody_in_own_loop(_, work):
    async def inner():
        future = asyncio.get_running_loop().create_future()

        def called():
            work()
            future.set_result(None)

        asyncio.get_running_loop().call_soon(called, context=contextvars.Context())
        await future

    if asyncio._get_running_loop() is None:
        asyncio.run(inner())
    else:
        asyncio.run_coroutine_threadsafe(inner(), shared_loop())


GIVEN = [give_now, give_threadsafe, give_later, give_later_from_here, give_task, give_ensured, give_task_object,
         give_python_task, give_waiting_task, give_waiting_python_task, give_inner_callback, give_coroutine,
         give_callback_of_coroutine, give_executor, give_reader, give_writer, give_handler, give_task_of_factory,
         give_task_with_context, give_to_queue]
OF_FUTURES = [callback_of_future, callback_of_wrapped]
OF_NOBODY = [nobody_now, nobody_threadsafe, nobody_later, nobody_from_coroutine, nobody_with_context_of_body,
             nobody_with_session, nobody_starts_thread_with_session, nobody_in_own_loop]


def give_all(tag, loop):
    for form in GIVEN + OF_FUTURES + OF_NOBODY:
        form(loop, storing(tag, form))


def take_from_queue():
    while True:
        sys.shared["todo"].get()()
