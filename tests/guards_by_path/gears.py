# Gears on every path. Each run executes one command and writes what happened to a file, because a guard may refuse or hold up
# all other ways to tell it. `DIR` and `COMMANDS` are put in front.
import asyncio, os, threading, time
from concurrent.futures import ThreadPoolExecutor

def is_open():
    return os.path.exists(DIR + '/gate')

def wait():
    while not is_open():
        time.sleep(0.05)

def lift():
    while not os.path.exists(DIR + '/lift'):
        time.sleep(0.01)
    execute('CLIENT', 'UNPAUSE')

def write(name, text):
    with open(DIR + '/new.' + name, 'w') as file:
        file.write(text)
    os.rename(DIR + '/new.' + name, DIR + '/' + name)

def words_of(i):
    try:
        execute(*COMMANDS[int(i)])
        return 'runs'
    except Exception as e:
        return str(e).strip()

def run(path, i):
    write('%s.%s' % (path, i), words_of(i))

def begin(path, i):
    write('%s.%s.begun' % (path, i), '')

def gated(path, i):
    begin(path, i)
    wait()
    run(path, i)

def of_key(name):
    return name.rsplit(':', 1)[1]

def in_block(i):
    begin('atomic', i)
    wait()
    with atomic():
        run('atomic', i)

async def coroutine(path, i):
    begin(path, i)
    while not is_open():
        await asyncio.sleep(0.05)
    run(path, i)

async def task(i):
    await asyncio.create_task(coroutine('task', i))

async def to_thread(i):
    await asyncio.get_running_loop().run_in_executor(ThreadPoolExecutor(1), gated, 'to_thread', i)

def thread(i):
    one = threading.Thread(target=gated, args=('thread', i))
    one.start()
    one.join()

def executor(i):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(gated, 'executor', i).result()

def future(i):
    waits = gearsFuture()
    def work():
        gated('future', i)
        waits.continueRun('done')
    threading.Thread(target=work).start()
    return waits

def hook(function, path):
    def hooked(words):
        function(path, of_key(words[1]))
        return call_next(*words[1:])
    return hooked

def trigger(name, function, mode):
    GB('CommandReader').map(lambda x: function(x[1])).register(trigger=name, mode=mode)

# A command that waits holds up the other coroutines of its session: each command has a session of its own.
def register_coroutines(i):
    trigger('coroutine:%d' % i, lambda i: coroutine('coroutine', i), 'async_local')
    trigger('task:%d' % i, task, 'async_local')

def register(hooks):
    for mode in ['async', 'async_local']:
        trigger(mode, lambda i, mode=mode: gated(mode, i), mode)
    for function in [to_thread, thread, executor, future]:
        trigger(function.__name__, function, 'async_local')
    trigger('atomic', in_block, 'async_local')
    trigger('lift', lambda i: lift(), 'async_local')
    for path in ['sync', 'multi', 'lua']:
        trigger(path, lambda i, path=path: run(path, i), 'sync')
    if hooks:
        GB('CommandReader').map(hook(run, 'hook')).register(hook='STRLEN', mode='sync')
        GB('CommandReader').map(hook(gated, 'hook_async')).register(hook='HLEN', mode='async_local')
    for i in range(len(COMMANDS)):
        def bind(i=i):
            def keys(path, function, mode, **options):
                GB('KeysReader').foreach(lambda r: function(path, i)).register('%s:%d' % (path, i), mode=mode, **options)
            keys('event', run, 'sync', eventTypes=['del'])
            keys('event_async', gated, 'async_local', eventTypes=['set'])
            if hooks:
                keys('commands', run, 'sync', eventTypes=['del'], commands=['del'])
                keys('commands_async', gated, 'async_local', eventTypes=['set'], commands=['set'])
            GB('StreamReader').foreach(lambda r: run('stream', i)).register('stream:%d' % i, mode='sync')
            GB('StreamReader').foreach(lambda r: gated('stream_async', i)).register('stream_async:%d' % i, mode='async_local')
            registerTE(1, lambda: os.path.exists('%s/timer.%d.begun' % (DIR, i)) or gated('timer', i))
        bind()
