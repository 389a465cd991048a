//! The names that scripts find without an import, and the larger parts of the runtime.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease_embedded::Server;

/// The reply of `RG.PYEXECUTE`.
fn run(server: &Server, script: &str) -> String {
    untyped(server, &["RG.PYEXECUTE", script])
}

#[test]
fn every_name_of_the_runtime_exists() {
    let server = Server::start().unwrap();
    let script = "
names = '''GB GearsBuilder execute atomic call_next get_command override_reply hashtag registerTE
gearsCtx gearsFuture log setGearsSession getGearsSession registerGearsThread isInAtomicBlock
isAsyncAllow configGet gearsConfigGet flat_error PyFlatExecution createFuture setFutureResults
setFutureException runCoroutine GearsFuture GearsSession createKeysOnlyReader shardReaderCallback
createDecorator genDeprecated Log ConfigGet GearsConfigGet loop f k t Future Thread profilerCreate
profilerStart profilerStop profilerGetInfo redisgears rg asyncio copy cProfile pstats io dumps
loads CloudPickler sys types weakref partial pickle itertools logging traceback'''.split()
module = '''GearsError GearsFlatError GearsForceStopped PyAtomic PyExecutionSession PyFlatExecution
PyFuture atomicCtx callNext config_get executeCommand flatError gearsCtx gearsFutureCtx getCommand
getGearsSession getMyHashTag isAsyncAllow isInAtomicBlock log overrideReply registerGearsThread
registerTimeEvent setGearsSession _saveGlobals'''.split()
import redisgears, rg, redisAI
missing = [name for name in names if name not in globals()]
missing += ['redisgears.' + name for name in module if not hasattr(redisgears, name)]
assert rg is redisgears
redisgears._saveGlobals()
registerGearsThread()
GB('PythonReader').run(lambda: iter([','.join(missing)])) if False else None
execute('SET', 'missing', ','.join(missing))
";
    assert_eq!(run(&server, script), "OK");
    assert_eq!(untyped(&server, &["GET", "missing"]), "");
}

#[test]
fn deprecated_names_work_and_log_a_warning() {
    let server = Server::builder()
        .module_arg("mine", "value")
        .start()
        .unwrap();
    let script = "
Log('said')
execute('SET', 'a', ConfigGet('mine'))
execute('SET', 'b', GearsConfigGet('yours', 'default'))
";
    assert_eq!(run(&server, script), "OK");
    assert_eq!(untyped(&server, &["MGET", "a", "b"]), "value\ndefault");
    let log = server.log_tail(20);
    for line in [
        "GEARS: said",
        "Log is deprecated, use log instead",
        "ConfigGet is deprecated, use configGet instead",
        "GearsConfigGet is deprecated, use gearsConfigGet instead",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    let answer = run(&server, "import redisAI\nredisAI.createTensorFromValues()");
    assert!(answer.contains("redisAI.createTensorFromValues: RedisAI is not loaded"));
}

#[test]
fn create_keys_only_reader_lists_keys() {
    let server = Server::start().unwrap();
    untyped(&server, &["MSET", "a1", "x", "a2", "x", "b", "x"]);
    let listed = |arguments: &str| {
        run(
            &server,
            &format!(
                "GB('PythonReader').sort(reverse=False).run(createKeysOnlyReader({arguments}))"
            ),
        )
    };
    assert_eq!(listed("'a*', count=1"), "a2\na1\n");
    assert_eq!(listed("'b', noScan=True"), "b\n");
    assert_eq!(listed("'c', noScan=True"), "\n");
    assert_eq!(listed("patternGenerator=lambda: ('a1', True)"), "a1\n");
}

#[test]
fn a_thread_of_a_gear_can_act_for_a_session() {
    let server = Server::start().unwrap();
    let script = "
def register(name):
    GB('CommandReader').map(lambda r: name).register(trigger=name)
def work(session):
    try:
        register('lost')
    except Exception as e:
        execute('SET', 'refused', str(e))
    with GearsSession(session):
        register('found')
        GB('PythonReader').foreach(lambda r: execute('SET', 'ran', r)).run(lambda: iter(['x']))
    execute('SET', 'after', str(getGearsSession()))
def begin(r):
    session = getGearsSession()
    Thread(target=work, args=(session,)).start()
    return session.id
GB('CommandReader').map(begin).register(trigger='begin', mode='sync')
GB('CommandReader').map(lambda r: getGearsSession().id).register(trigger='later')
execute('SET', 'script', getGearsSession().id)
";
    let registered = untyped(&server, &["RG.PYEXECUTE", script, "ID", "app"]);
    assert_eq!(registered, "OK");
    assert_eq!(untyped(&server, &["GET", "script"]), "app");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "later"]), "app");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "begin"]), "app");
    eventually("the thread ends", || {
        untyped(&server, &["GET", "after"]) == "None"
    });
    assert!(untyped(&server, &["GET", "refused"]).contains("setGearsSession"));
    assert_eq!(untyped(&server, &["RG.TRIGGER", "found"]), "found");
    eventually("the run ends", || {
        untyped(&server, &["EXISTS", "ran"]) == "1"
    });
    // The thread's registration belongs to the session and is replaced with it.
    let other = "GB('CommandReader').register(trigger='other')";
    untyped(&server, &["RG.PYEXECUTE", other, "ID", "app", "UPGRADE"]);
    assert!(untyped(&server, &["RG.TRIGGER", "found"]).contains("subcommand not found"));
}

#[test]
fn functions_can_be_pickled() {
    let server = Server::start().unwrap();
    // Each assertion is about an unpickled copy of an object of the script.
    let script = "
import abc, collections, dataclasses, enum, json
factor = 3
def times(x): return x * factor
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
def counter(start, *, step=1):
    state = [start]
    def count(by=2):
        state[0] += by * step
        return json.dumps([state[0], times(1)])
    return count
class Base(abc.ABC):
    'The base.'
    @abc.abstractmethod
    def value(self): ...
    @property
    def doubled(self): return 2 * self.value()
class Derived(Base):
    __slots__ = ('held',)
    def __init__(self, held): self.held = held
    def value(self): return times(self.held)
    @classmethod
    def of(cls, held): return cls(held)
    @staticmethod
    def plain(x): return -x
@dataclasses.dataclass
class Point:
    x: int
    more: list = dataclasses.field(default_factory=list)
Pair = collections.namedtuple('Pair', 'left right')
derived = Derived(5)
attribute_only = lambda x: x.unpicklable
import threading
unpicklable = threading.Lock()
copy_of = lambda x: loads(dumps(x))

assert copy_of(times)(2) == 6
assert copy_of(even)(10) and not copy_of(odd)(10)
first, second = copy_of((even, odd))
assert first.__globals__ is second.__globals__
assert copy_of(counter(1, step=2))() == '[5, 3]'
assert copy_of(lambda: Derived.of(2).doubled)() == 12
assert copy_of(lambda: (Derived.plain(1), Base.__doc__, super))()[:2] == (-1, 'The base.')
assert copy_of(lambda: dataclasses.replace(Point(1), x=2))().x == 2
assert copy_of(lambda: Pair(1, 2)._replace(left=3))() == (3, 2)
assert copy_of(lambda: derived.value())() == 15
assert copy_of(attribute_only).__name__ == '<lambda>'
assert copy_of(lambda: GB)() is GB
assert copy_of(log) is log and copy_of(GB) is GB
assert copy_of({'a': [times, 1]})['a'][0](1) == 3
async def later(x): return times(x)
assert asyncio.iscoroutinefunction(copy_of(later))
try:
    dumps(unpicklable)
except TypeError as e:
    execute('SET', 'refused', str(e))
class Color(enum.Enum): RED = 1
try:
    dumps(Color)
except pickle.PicklingError as e:
    execute('SET', 'not simple', str(e))
# A registration is not refused for a class that only another pickler supports.
GB('CommandReader').map(lambda r: Color.RED.name).register(trigger='color')
";
    assert_eq!(run(&server, script), "OK");
    assert_eq!(
        untyped(&server, &["GET", "refused"]),
        "cannot pickle '_thread.lock' object"
    );
    let refused = untyped(&server, &["GET", "not simple"]);
    assert!(
        refused.contains("cannot pickle the class Color"),
        "{refused}"
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", "color"]), "RED");
}

#[test]
fn functions_that_cannot_be_pickled_are_not_registered() {
    let server = Server::start().unwrap();
    for (step, name) in [
        ("map(lambda r: lock)", "<lambda>"),
        ("filter(f)", "f"),
        ("groupby(lambda r: r, lambda k, a, r: lock)", "<lambda>"),
    ] {
        let script = format!(
            "import threading\nlock = threading.Lock()\ndef f(r): return lock\n\
             GB('CommandReader').{step}.register(trigger='t')"
        );
        let answer = run(&server, &script);
        let says = format!(
            "gears.error: Error occured when serialized a python callback, callback={name} error=["
        );
        assert!(answer.contains(&says), "{answer}");
        assert!(answer.contains("cannot pickle"), "{answer}");
    }
    // A function that runs at once is not pickled.
    let script = "import threading\nlock = threading.Lock()\n\
                  GB('ShardsIDReader').map(lambda r: lock.locked()).run()";
    assert_eq!(run(&server, script), "False\n");
}

#[test]
fn sessions_are_profiled_with_profile_executions() {
    let server = Server::start().unwrap();
    let script = "
def worked(r):
    return sorted(r)
GB('CommandReader').map(worked).register(trigger='now', mode='sync')
GB('CommandReader').map(worked).register(trigger='later')
async def awaited(r):
    return worked(r)
GB('CommandReader').map(awaited).register(trigger='awaited')
";
    untyped(&server, &["RG.PYEXECUTE", script, "ID", "app"]);
    let stats = || untyped(&server, &["RG.PYPROFILE", "STATS", "app"]);
    let calls = || {
        let stats = stats();
        let line = stats.lines().find(|line| line.contains("(worked)"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u32>().ok())
    };
    untyped(&server, &["RG.TRIGGER", "now"]);
    assert!(stats().contains("TypeError: Cannot create or construct a <class 'pstats.Stats'>"));

    untyped(&server, &["RG.CONFIGSET", "ProfileExecutions", "1"]);
    for trigger in ["now", "now", "later", "awaited"] {
        untyped(&server, &["RG.TRIGGER", trigger]);
    }
    assert_eq!(calls(), Some(4));
    assert!(stats().contains("Ordered by: internal time"));
    let by = |order| untyped(&server, &["RG.PYPROFILE", "STATS", "app", order]);
    assert!(by("cumtime").contains("Ordered by: cumulative time"));
    assert!(by("nope").contains("`nope` is no order of a profile: use one of calls, cumulative, "));
    assert_eq!(untyped(&server, &["RG.PYPROFILE", "RESET", "app"]), "OK");
    assert_eq!(calls(), None);
    untyped(&server, &["RG.TRIGGER", "now"]);
    assert_eq!(calls(), Some(1));
}

/// Some clients wrap the atomic block in a class and call its methods.
#[test]
fn an_atomic_block_can_be_left_explicitly() {
    let server = Server::start().unwrap();
    let script = "
import redisgears
def gear(x):
    block = redisgears.atomicCtx()
    block.__enter__()
    inside = isInAtomicBlock()
    block.__exit__()
    return inside, isInAtomicBlock()
GB('ShardsIDReader').map(gear).run()
";
    assert_eq!(run(&server, script), "(True, False)\n");
}
