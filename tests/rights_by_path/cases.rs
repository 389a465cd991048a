//! The paths by which a gear runs: one list of scripts and causes. Each case names its row of the table in `SECURITY.md`.

/// A path. The script calls the Python function `probe`, which reports whose rights it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// The first column of its row.
    pub(crate) row: &'static str,
    pub(crate) script: &'static str,
    /// The commands that let the gear run. Empty if the script itself does.
    pub(crate) cause: &'static [Cause],
    /// The commands that clean up.
    pub(crate) after: &'static [&'static str],
}

/// A command. Its words are separated by spaces; `~` is a space in a word.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cause {
    By(&'static str),
    /// By the default user, on a connection of its own.
    ByDefault(&'static str),
}

use Cause::{By, ByDefault};

const fn case(row: &'static str, script: &'static str, cause: &'static [Cause]) -> Case {
    Case {
        row,
        script,
        cause,
        after: &[],
    }
}

/// The part of every script.
pub(crate) const PROBE: &str = r"
import asyncio, json, threading, time
COMMANDS = [('ACL', 'WHOAMI'), ('GET', 'secret'), ('GET', 'app:x')]
def attempt(*words):
    try:
        return str(execute(*words))
    except Exception as e:
        return str(e).strip()
def report(seen):
    with open('seen', 'a') as f:
        f.write('NUMBER ' + json.dumps(seen) + '\n')
    return 'probed'
def probe(*_):
    return report([attempt(*words) for words in COMMANDS])
def once(function):
    done = []
    def run():
        if not done:
            done.append(True)
            return function()
    return run
async def later(*_):
    await asyncio.sleep(0.001)
    return probe()
def future(x):
    f = gearsFuture()
    threading.Thread(target=lambda: f.continueRun('continued')).start()
    return f
class Text:
    def __str__(self):
        return probe()
    __repr__ = __str__
class Dropped:
    def __del__(self):
        probe()
def generator():
    try:
        yield 1
        yield 2
    finally:
        probe()
class Failure(Exception):
    def __str__(self):
        return probe()
def fail(x):
    raise Failure()
def trigger(function, mode, name='t'):
    GB('CommandReader').map(function).register(trigger=name, mode=mode)
def hook(function, mode):
    GB('CommandReader').map(function).register(hook='getrange', mode=mode, convertToStr=False)
def on_key(mode, events=None, function=probe, keys='app:k*', **more):
    GB('KeysReader').foreach(function).register(keys, mode=mode, eventTypes=events, **more)
def on_stream(mode, function=probe, **more):
    GB('StreamReader').foreach(function).register('app:s*', mode=mode, **more)
";

const SYNC: &str = "trigger, mode `sync`";
const ASYNC: &str = "trigger, mode `async` or `async_local`";
const COROUTINE: &str = "coroutine, and the steps behind it";
const FUTURE: &str = "steps behind `gearsFuture()`";
const STEPS: &str =
    "every step: `filter`, `flatmap`, `accumulate`, `groupby`, `aggregate`, `sort` ..";
const TEXTS: &str =
    "`__str__` and `__del__` of results and errors, the end of a generator or coroutine";
const MULTI: &str = "trigger or hook inside MULTI";
const LUA: &str = "trigger or hook inside EVAL or FCALL";
const INSIDE: &str = "trigger or hook that another gear runs with `execute`";
const ATOMIC: &str = "`atomic()` block";
const CMD: &str = "`cmd` of `redgrease`, `call_next`";
const IN_LUA: &str = "Lua that a gear runs with `EVAL`";
const HOOK: &str = "hook, every mode";
const RUN_IN_GEAR: &str = "run that a gear begins (`run()`)";
const TIMER_IN_GEAR: &str = "time event that a gear begins (`registerTE`)";
const KEYS_SYNC: &str = "handler of key events, mode `sync`";
const KEYS_ASYNC: &str = "handler of key events, mode `async` or `async_local`";
const KEYS_CAUSES: &str =
    "the same, whatever changes the key: client, Lua, MULTI, gear, expiry, eviction";
const WATCHED: &str = "handler with `commands=`, `override_reply`";
const STREAMS: &str = "handler of a stream, every mode and policy";
const TIMER: &str = "time event (`registerTE`), with or without a key";
const BODY: &str = "body of a script";
const ON_REGISTERED: &str = "`onRegistered`";
const RUN: &str = "run of a script, with every reader";

const CALL: &[Cause] = &[By("RG.TRIGGER t word")];
const CALL_ON_KEY: &[Cause] = &[By("RG.TRIGGERONKEY t app:x")];
const MEET: &[Cause] = &[By("GETRANGE app:x 0 -1")];
const SET: &[Cause] = &[By("SET app:k v")];
const ADD: &[Cause] = &[By("XADD app:s * a b")];

pub(crate) const CASES: &[Case] = &[
    case(SYNC, "trigger(probe, 'sync')", CALL),
    case(SYNC, "trigger(probe, 'sync')", CALL_ON_KEY),
    case(
        SYNC,
        "GB('CommandReader').register(trigger='t', mode='sync')\ntrigger(probe, 'sync', 'other')",
        &[By("RG.TRIGGER other")],
    ),
    case(ASYNC, "trigger(probe, 'async')", CALL),
    case(ASYNC, "trigger(probe, 'async_local')", CALL),
    case(ASYNC, "trigger(probe, 'async_local')", CALL_ON_KEY),
    case(
        ASYNC,
        "GB('CommandReader').map(probe).register(trigger='t', mode='async_local', inorder=True)",
        CALL,
    ),
    case(COROUTINE, "trigger(later, 'sync')", CALL),
    case(COROUTINE, "trigger(later, 'async_local')", CALL),
    case(
        COROUTINE,
        "async def wait(x): await asyncio.sleep(0.001)
GB('CommandReader').map(wait).map(probe).register(trigger='t', mode='async')",
        CALL,
    ),
    case(
        COROUTINE,
        "async def wait(x): await asyncio.sleep(0.001)
GB('CommandReader').map(wait).map(probe).register(trigger='t', mode='sync')",
        CALL,
    ),
    case(
        FUTURE,
        "GB('CommandReader').map(future).map(probe).register(trigger='t', mode='async_local')",
        CALL,
    ),
    case(
        FUTURE,
        "GB('CommandReader').map(future).map(probe).register(trigger='t', mode='sync')",
        CALL,
    ),
    // Another user continues the future.
    case(
        FUTURE,
        "waiting = []
def wait(x):
    f = gearsFuture()
    waiting.append(f)
    return f
GB('CommandReader').map(wait).map(probe).register(trigger='t', mode='async_local')
def go_on(x):
    while not waiting: time.sleep(0.001)
    waiting.pop().continueRun('x')
GB('CommandReader').map(go_on).register(trigger='go_on', mode='async_local')
GB('CommandReader').map(lambda x: threading.Timer(0.01, lambda: go_on(x)).start()).register(trigger='later', mode='sync')",
        &[ByDefault("RG.TRIGGER later"), By("RG.TRIGGER t")],
    ),
    case(
        STEPS,
        "GB('CommandReader').filter(lambda x: bool(probe())).register(trigger='t', mode='sync')",
        CALL,
    ),
    case(
        STEPS,
        "GB('CommandReader').flatmap(lambda x: [probe()]).register(trigger='t', mode='async_local')",
        CALL,
    ),
    case(
        STEPS,
        "GB('CommandReader').accumulate(lambda a, x: probe()).register(trigger='t', mode='sync')",
        CALL,
    ),
    case(
        STEPS,
        "GB('CommandReader').groupby(lambda x: probe(), lambda k, a, x: 1).register(trigger='t', mode='async_local')",
        CALL,
    ),
    case(
        STEPS,
        "GB('CommandReader').batchgroupby(lambda x: 1, lambda k, x: probe()).register(trigger='t', mode='async_local')",
        CALL,
    ),
    case(
        STEPS,
        "GB('CommandReader').aggregate([], lambda a, x: [probe()], lambda a, x: a + x).register(trigger='t', mode='sync')",
        CALL,
    ),
    case(
        STEPS,
        "GB('CommandReader').foreach(probe).repartition(lambda x: 'k').register(trigger='t', mode='async')",
        CALL,
    ),
    case(
        STEPS,
        "GB('CommandReader').map(lambda x: 1).distinct().foreach(probe).register(trigger='t', mode='async')",
        CALL,
    ),
    case(TEXTS, "trigger(lambda x: Text(), 'sync')", CALL),
    case(TEXTS, "trigger(lambda x: Text(), 'async_local')", CALL),
    case(TEXTS, "trigger(fail, 'sync')", CALL),
    case(TEXTS, "trigger(fail, 'async_local')", CALL),
    case(
        TEXTS,
        "async def fails(x): raise Failure()\ntrigger(fails, 'async_local')",
        CALL,
    ),
    case(TEXTS, "trigger(lambda x: execute('ECHO', Text()), 'async_local')", CALL),
    case(
        TEXTS,
        "async def stopped(x):
    try:
        with atomic():
            await asyncio.sleep(60)
    except Exception:
        probe()
trigger(stopped, 'async_local')",
        CALL,
    ),
    case(TEXTS, "trigger(lambda x: Dropped(), 'sync')", CALL),
    case(TEXTS, "trigger(lambda x: Dropped(), 'async_local')", CALL),
    case(
        TEXTS,
        "GB('CommandReader').map(lambda x: Dropped()).register(trigger='t', convertToStr=False)",
        CALL,
    ),
    case(
        TEXTS,
        "GB('CommandReader').map(lambda x: Dropped()).register(trigger='t', mode='sync', convertToStr=False)",
        CALL,
    ),
    case(
        TEXTS,
        "trigger(lambda x: GB('PythonReader').limit(1).run(generator), 'async_local')",
        CALL,
    ),
    case(
        TEXTS,
        "trigger(lambda x: GB('PythonReader').map(lambda x: 1 / 0).run(generator), 'async_local')",
        CALL,
    ),
    case(
        MULTI,
        "trigger(probe, 'sync')",
        &[By("MULTI"), By("RG.TRIGGER t"), By("EXEC")],
    ),
    case(
        MULTI,
        "hook(probe, 'sync')",
        &[By("MULTI"), By("GETRANGE app:x 0 -1"), By("EXEC")],
    ),
    case(
        LUA,
        "trigger(probe, 'sync')",
        &[By("EVAL return(redis.call('RG.TRIGGER','t')) 0")],
    ),
    case(
        LUA,
        "trigger(probe, 'sync')",
        &[By("EVAL return(redis.pcall('RG.TRIGGERONKEY','t',KEYS[1])) 1 app:x")],
    ),
    case(
        LUA,
        "trigger(probe, 'sync')",
        &[
            ByDefault(
                "FUNCTION LOAD REPLACE #!lua~name=rights\nredis.register_function('call',function()~return(redis.call('RG.TRIGGER','t'))~end)",
            ),
            By("FCALL call 0"),
        ],
    ),
    case(
        LUA,
        "hook(probe, 'sync')",
        &[By("EVAL return(redis.call('GETRANGE',KEYS[1],0,-1)) 1 app:x")],
    ),
    case(
        INSIDE,
        "trigger(probe, 'sync')\ntrigger(lambda x: execute('RG.TRIGGER', 't'), 'sync', 'outer')",
        &[By("RG.TRIGGER outer")],
    ),
    case(
        INSIDE,
        "trigger(probe, 'sync')\ntrigger(lambda x: execute('RG.TRIGGER', 't'), 'async_local', 'outer')",
        &[By("RG.TRIGGER outer")],
    ),
    case(
        INSIDE,
        "trigger(probe, 'sync')
async def outer(x):
    await asyncio.sleep(0.001)
    return execute('RG.TRIGGER', 't')
trigger(outer, 'sync', 'outer')",
        &[By("RG.TRIGGER outer")],
    ),
    case(
        INSIDE,
        "hook(probe, 'sync')\ntrigger(lambda x: execute('GETRANGE', 'app:x', '0', '-1'), 'async_local', 'outer')",
        &[By("RG.TRIGGER outer")],
    ),
    case(
        INSIDE,
        "trigger(probe, 'sync')\nhook(lambda x: str(execute('RG.TRIGGER', 't')), 'sync')",
        MEET,
    ),
    case(
        INSIDE,
        "trigger(probe, 'sync')\ntrigger(lambda x: execute('EVAL', \"return redis.call('RG.TRIGGER', 't')\", '0'), 'sync', 'outer')",
        &[By("RG.TRIGGER outer")],
    ),
    case(
        ATOMIC,
        "def block(x):
    with atomic():
        return probe()
trigger(block, 'async_local')",
        CALL,
    ),
    case(
        ATOMIC,
        "def block(x):
    with atomic():
        return probe()
trigger(block, 'sync')",
        CALL,
    ),
    case(
        ATOMIC,
        "async def block(x):
    with atomic():
        return probe()
trigger(block, 'async_local')",
        CALL,
    ),
    case(
        CMD,
        "import redgrease
def run(x):
    def attempt(function, *args):
        try:
            value = function(*args)
            return value.decode() if isinstance(value, bytes) else str(value)
        except Exception as e:
            return '%s %s' % (type(e).__name__, e)
    cmd = redgrease.cmd
    return report([execute('ACL', 'WHOAMI'), attempt(cmd.get, 'secret'), attempt(cmd.get, 'app:x')])
trigger(run, 'async_local')",
        CALL,
    ),
    case(
        CMD,
        "def next(x):
    def attempt(*args):
        try:
            return str(call_next(*args))
        except Exception as e:
            return str(e).strip()
    report([execute('ACL', 'WHOAMI'), attempt('secret', '0', '-1'), attempt('app:x', '0', '-1')])
    return 'hooked'
hook(next, 'sync')",
        MEET,
    ),
    // Keys that are declared, that are not, and those of a function.
    case(
        IN_LUA,
        "def run(x):
    lua = lambda key: attempt('EVAL', \"return redis.call('GET', '%s')\" % key, '0')
    return report([execute('ACL', 'WHOAMI'), lua('secret'), lua('app:x')])
trigger(run, 'sync')",
        CALL,
    ),
    case(
        IN_LUA,
        "def run(x):
    lua = lambda key: attempt('EVAL', 'return redis.call(\"GET\", KEYS[1])', '1', key)
    return report([execute('ACL', 'WHOAMI'), lua('secret'), lua('app:x')])
trigger(run, 'async_local')",
        CALL,
    ),
    case(
        IN_LUA,
        "def run(x):
    lua = lambda key: attempt('EVAL_RO', \"return redis.call('GET', '%s')\" % key, '0')
    return report([execute('ACL', 'WHOAMI'), lua('secret'), lua('app:x')])
trigger(run, 'async_local')",
        CALL,
    ),
    case(HOOK, "hook(probe, 'sync')", MEET),
    case(HOOK, "hook(probe, 'async')", MEET),
    case(HOOK, "hook(probe, 'async_local')", MEET),
    case(HOOK, "hook(later, 'async_local')", MEET),
    case(
        HOOK,
        "hook(lambda x: (probe(), call_next(*x[1:]))[1], 'sync')",
        MEET,
    ),
    case(
        HOOK,
        "hook(lambda x: (call_next(*x[1:]), probe())[0], 'async_local')",
        MEET,
    ),
    case(
        RUN_IN_GEAR,
        "trigger(lambda x: GB('PythonReader').map(probe).run(lambda: iter([1])), 'sync')",
        CALL,
    ),
    case(
        RUN_IN_GEAR,
        "trigger(lambda x: GB('PythonReader').map(probe).run(lambda: iter([1])), 'async_local')",
        CALL,
    ),
    case(
        RUN_IN_GEAR,
        "async def begin(x): GB('PythonReader').map(later).run(lambda: iter([1]))
trigger(begin, 'async_local')",
        CALL,
    ),
    case(
        RUN_IN_GEAR,
        "trigger(lambda x: GB('KeysReader').map(probe).run('app:x'), 'sync')",
        CALL,
    ),
    case(
        TIMER_IN_GEAR,
        "trigger(lambda x: registerTE(1, once(probe)), 'sync')",
        CALL,
    ),
    case(
        TIMER_IN_GEAR,
        "trigger(lambda x: registerTE(1, once(probe)), 'async_local')",
        CALL,
    ),
    case(
        TIMER_IN_GEAR,
        "trigger(lambda x: registerTE(1, once(probe), 'app:te'), 'async_local')",
        CALL,
    ),
    case(KEYS_SYNC, "on_key('sync', ['set'])", SET),
    case(KEYS_SYNC, "on_key('sync', ['set'], readValue=False)", SET),
    case(KEYS_SYNC, "on_key('sync', ['set'], later)", SET),
    case(KEYS_ASYNC, "on_key('async', ['set'])", SET),
    case(KEYS_ASYNC, "on_key('async_local', ['set'])", SET),
    case(KEYS_ASYNC, "on_key('async_local', ['set'], later)", SET),
    case(
        KEYS_CAUSES,
        "on_key('sync', ['del'])",
        &[By("SET app:k v"), By("DEL app:k")],
    ),
    case(
        KEYS_CAUSES,
        "on_key('async_local', ['del'])",
        &[By("SET app:k v"), By("DEL app:k")],
    ),
    case(
        KEYS_CAUSES,
        "on_key('sync', ['rename_to'])",
        &[By("SET app:a v"), By("RENAME app:a app:k")],
    ),
    case(
        KEYS_CAUSES,
        "on_key('sync', ['expired'])",
        &[By("SET app:k v PX 1")],
    ),
    case(
        KEYS_CAUSES,
        "on_key('async_local', ['expired'])",
        &[By("SET app:k v PX 1")],
    ),
    Case {
        row: KEYS_CAUSES,
        script: "on_key('sync', ['evicted'])",
        cause: &[
            By("SET app:k v EX 1000"),
            ByDefault("CONFIG SET maxmemory-policy volatile-ttl"),
            ByDefault("CONFIG SET maxmemory 1"),
            ByDefault("PING"),
        ],
        after: &["CONFIG SET maxmemory 0"],
    },
    Case {
        row: KEYS_CAUSES,
        script: "on_key('async_local', ['evicted'])",
        cause: &[
            By("SET app:k v EX 1000"),
            ByDefault("CONFIG SET maxmemory-policy volatile-ttl"),
            ByDefault("CONFIG SET maxmemory 1"),
            ByDefault("PING"),
        ],
        after: &["CONFIG SET maxmemory 0"],
    },
    case(
        KEYS_CAUSES,
        "on_key('sync', ['set'])",
        &[By("EVAL return(redis.call('SET',KEYS[1],'v')) 1 app:k")],
    ),
    case(
        KEYS_CAUSES,
        "on_key('sync', ['set'])",
        &[By("MULTI"), By("SET app:k v"), By("EXEC")],
    ),
    case(
        KEYS_CAUSES,
        "on_key('async_local', ['set'])",
        &[By("MULTI"), By("SET app:k v"), By("EXEC")],
    ),
    case(
        KEYS_CAUSES,
        "on_key('sync', ['set'])\ntrigger(lambda x: execute('SET', 'app:k', 'v'), 'sync')",
        CALL,
    ),
    case(
        KEYS_CAUSES,
        "on_key('sync', ['set'])\ntrigger(lambda x: execute('SET', 'app:k', 'v'), 'async_local')",
        CALL,
    ),
    case(
        KEYS_CAUSES,
        "on_key('sync', ['restore'])",
        &[ByDefault(
            "EVAL redis.call('RESTORE','app:k',0,redis.call('DUMP','app:x'),'REPLACE') 0",
        )],
    ),
    case(
        KEYS_CAUSES,
        "on_key('sync', ['copy_to'])",
        &[By("COPY app:x app:k REPLACE")],
    ),
    case(WATCHED, "on_key('sync', ['set'], commands=['set'])", SET),
    case(WATCHED, "on_key('async_local', ['set'], commands=['set'])", SET),
    case(
        WATCHED,
        "on_key('sync', ['set'], lambda r: override_reply(probe()), commands=['set'])",
        SET,
    ),
    case(
        WATCHED,
        "on_key('async', ['set'], lambda r: override_reply(probe()), commands=['set'])",
        SET,
    ),
    case(STREAMS, "on_stream('sync')", ADD),
    case(STREAMS, "on_stream('async')", ADD),
    case(STREAMS, "on_stream('async_local')", ADD),
    case(STREAMS, "on_stream('async_local', later)", ADD),
    case(STREAMS, "on_stream('async_local', onFailedPolicy='abort')", ADD),
    case(
        STREAMS,
        "on_stream('async_local', onFailedPolicy='retry', onFailedRetryInterval=5)",
        ADD,
    ),
    case(STREAMS, "on_stream('async', onFailedPolicy='continue')", ADD),
    case(TIMER, "registerTE(1, once(probe))", &[]),
    case(TIMER, "registerTE(1, once(probe), 'app:te')", &[]),
    case(BODY, "probe()", &[]),
    case(
        BODY,
        "with atomic(): probe()\nGB('CommandReader').register(trigger='t')",
        &[],
    ),
    case(BODY, "execute('RG.PYEXECUTE', 'x') if False else probe()", &[]),
    case(
        ON_REGISTERED,
        "on_key('sync', onRegistered=probe)",
        &[],
    ),
    case(
        ON_REGISTERED,
        "on_key('async_local', onRegistered=probe)",
        &[],
    ),
    case(RUN, "GB('PythonReader').map(probe).run(lambda: iter([1]))", &[]),
    case(RUN, "GB('PythonReader').map(later).run(lambda: iter([1]))", &[]),
    case(RUN, "GB('PythonReader').run(lambda: iter([probe()]))", &[]),
    case(RUN, "GB('KeysReader').map(probe).run('app:x')", &[]),
    case(RUN, "GB('KeysOnlyReader').map(probe).run('app:x')", &[]),
    case(RUN, "GB('StreamReader').map(probe).run('app:one')", &[]),
    case(RUN, "GB('ShardsIDReader').map(probe).run()", &[]),
    case(RUN, "GB('ShardsIDReader').map(lambda x: Text()).run()", &[]),
    case(RUN, "GB('ShardsIDReader').map(fail).run()", &[]),
    case(RUN, "GB('PythonReader').limit(1).run(generator)", &[]),
    case(
        RUN,
        "GB('ShardsIDReader').map(lambda x: Dropped()).run(convertToStr=False)",
        &[],
    ),
    case(
        RUN,
        "GB('KeysReader').aggregate(0, lambda a, x: 1, lambda a, x: 1).map(probe).run('app:x')",
        &[],
    ),
];
