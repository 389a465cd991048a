# The forms in which gears hand work on. Each one gets a function and lets it run in handed-on work, once.
import _thread
import asyncio
import concurrent.futures
import contextvars
import multiprocessing.pool
import sched
import socket
import sys
import threading
import time
import weakref

# Not a global of the script: functions are stored with their globals.
if not hasattr(sys, "shared"):
    sys.shared = {}


def answer(*words):
    try:
        return str(execute(*words))
    except Exception as e:
        return "NOPERM" if "NOPERM" in str(e) else repr(e)


def attempt():
    return "%s %s %s" % (answer("ACL", "WHOAMI"), answer("GET", "secret"), answer("GET", "app:x"))


def shared(name, make):
    """An object that the gears of all users share."""
    if name not in sys.shared:
        sys.shared[name] = make()
    return sys.shared[name]


def started_loop():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def shared_executor():
    return shared("executor", lambda: concurrent.futures.ThreadPoolExecutor(2))


def shared_loop():
    return shared("loop", started_loop)


def thread(work):
    threading.Thread(target=work).start()


class Thread(threading.Thread):
    def __init__(self, work):
        super().__init__()
        self.work = work

    def run(self):
        self.work()


def subclass(work):
    Thread(work).start()


def low_thread(work):
    _thread.start_new_thread(work, ())


def timer(work):
    threading.Timer(0.01, work).start()


def thread_of_thread(work):
    thread(lambda: thread(work))


def executor(work):
    concurrent.futures.ThreadPoolExecutor(1).submit(work)


def executor_of_all(work):
    shared_executor().submit(work)


def executor_map(work):
    shared_executor().map(lambda _: work(), [1])


def executor_initializer(work):
    concurrent.futures.ThreadPoolExecutor(1, initializer=work).submit(lambda: None)


def executor_callback(work):
    begin = threading.Event()
    shared_executor().submit(begin.wait).add_done_callback(lambda _: work())
    begin.set()


def task_of_task(work):
    shared_executor().submit(lambda: shared_executor().submit(work))


def thread_of_task(work):
    shared_executor().submit(lambda: thread(work))


def thread_pool():
    return shared("thread pool", lambda: multiprocessing.pool.ThreadPool(2))


def pool_apply(work):
    thread_pool().apply_async(work)


def pool_map(work):
    thread_pool().map_async(lambda _: work(), [1])


def pool_imap(work):
    thread_pool().imap_unordered(lambda _: work(), [1])


def pool_callback(work):
    thread_pool().apply_async(lambda: None, callback=lambda _: work())


def pool_error_callback(work):
    thread_pool().apply_async(lambda: 1 / 0, (), {}, None, lambda _: work())


def pool_initializer(work):
    multiprocessing.pool.ThreadPool(1, work)


def scheduler(work):
    one = sched.scheduler()
    one.enter(0, 1, work)
    thread(one.run)


class Freed:
    pass


def finalizer(work):
    freed = Freed()
    weakref.finalize(freed, work)
    shared_executor().submit(sys.shared.pop, "freed") if sys.shared.setdefault("freed", freed) is freed else None


def deleted(work):
    class Deleted:
        def __del__(self):
            work()

    one = [Deleted()]
    thread(one.clear)


def own_loop_call(work):
    shared_loop().call_soon_threadsafe(work)


def own_loop_later(work):
    loop = shared_loop()
    loop.call_soon_threadsafe(lambda: loop.call_later(0.01, work))


async def working(work):
    await asyncio.sleep(0)
    work()


def own_loop_coroutine(work):
    asyncio.run_coroutine_threadsafe(working(work), shared_loop())


def own_loop_task(work):
    asyncio.run_coroutine_threadsafe(task(work), shared_loop())


def own_loop_executor(work):
    asyncio.run_coroutine_threadsafe(default_executor(work), shared_loop())


def loop_in_thread(work):
    thread(lambda: asyncio.run(working(work)))


def tasks_in_thread(work):
    thread(lambda: asyncio.run(task(work)))


def background(work):
    runCoroutine(working(work))


def background_later(work):
    runCoroutine(working(work), delay=0.01)


def engine_loop(work):
    loop.call_soon_threadsafe(work)


def engine_loop_coroutine(work):
    asyncio.run_coroutine_threadsafe(working(work), loop)


# -- in coroutines


async def task(work):
    await asyncio.create_task(working(work))


async def tasks(work):
    async def inner():
        await asyncio.create_task(working(work))

    await asyncio.create_task(inner())


async def left_task(work):
    sys.shared["left"] = asyncio.ensure_future(working(work))


async def waited_for(work):
    await asyncio.wait_for(working(work), 10)


async def gathered(work):
    await asyncio.gather(working(work), asyncio.sleep(0))


async def shielded(work):
    await asyncio.shield(working(work))


async def group(work):
    if not hasattr(asyncio, "TaskGroup"):
        return work()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(working(work))


async def to_thread(work):
    await asyncio.to_thread(work)


async def default_executor(work):
    await asyncio.get_running_loop().run_in_executor(None, work)


async def own_executor(work):
    await asyncio.get_running_loop().run_in_executor(shared_executor(), work)


async def soon(work):
    asyncio.get_running_loop().call_soon(work)


async def later(work):
    asyncio.get_running_loop().call_later(0.01, work)


async def soon_again(work):
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: loop.call_soon(work))


async def threadsafe(work):
    asyncio.get_running_loop().call_soon_threadsafe(work)


async def thread_of_callback(work):
    asyncio.get_running_loop().call_soon(lambda: thread(work))


async def task_of_callback(work):
    asyncio.get_running_loop().call_soon(lambda: sys.shared.update(left=asyncio.ensure_future(working(work))))


async def done_callback(work):
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda _: work())
    future.set_result(None)


async def done_callback_of_another(work):
    # A thread of nobody gives the result.
    future = createFuture()
    future.add_done_callback(lambda _: work())
    shared_executor().submit(setFutureResults, future, None)
    await future


async def task_callback(work):
    done = asyncio.create_task(asyncio.sleep(0))
    done.add_done_callback(lambda _: work())
    await done


async def generator(work):
    async def numbers():
        for number in range(2):
            await asyncio.sleep(0)
            work()
            yield number

    async for _ in numbers():
        pass


async def reader(work):
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()

    def readable():
        loop.remove_reader(ours)
        work()

    loop.add_reader(ours, readable)
    theirs.send(b"x")
    sys.shared["sockets"] = ours, theirs


async def abandoned_generator(work):
    async def numbers():
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            work()

    async for _ in numbers():
        break


async def copied_context(work):
    context = contextvars.copy_context()
    thread(lambda: context.run(work))


async def awaited_run(work):
    await GB("ShardsIDReader").run()
    work()


THREADS = [thread, subclass, low_thread, timer, thread_of_thread, executor, executor_of_all, executor_map,
           executor_initializer, executor_callback, task_of_task, thread_of_task, pool_apply, pool_map, pool_imap,
           pool_callback, pool_error_callback, pool_initializer, scheduler, finalizer, deleted, own_loop_call,
           own_loop_later, own_loop_coroutine, own_loop_task, own_loop_executor, loop_in_thread, tasks_in_thread,
           background, background_later, engine_loop, engine_loop_coroutine]
COROUTINES = [task, tasks, left_task, waited_for, gathered, shielded, group, to_thread, default_executor, own_executor,
              soon, later, soon_again, threadsafe, thread_of_callback, task_of_callback, done_callback,
              done_callback_of_another, task_callback, generator, reader, abandoned_generator, copied_context, awaited_run]


def all_forms(tag):
    """Runs each form, and stores what its work may do."""
    for form in THREADS:
        form(storing(tag, form))
    for form in COROUTINES:
        runCoroutine(form(storing(tag, form)))


async def all_forms_in_coroutine(tag):
    for form in THREADS:
        form(storing(tag, form))
    for form in COROUTINES:
        await form(storing(tag, form))


def storing(tag, form):
    outcomes = sys.shared.setdefault(tag, {})

    def work():
        # A finalizer may run again, with the objects of others.
        outcomes.setdefault(form.__name__, attempt())

    return work
