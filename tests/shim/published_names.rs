//! The public names of the published package, module by module: each has a place in the bundled package, or an error that
//! says why it has none.

use crate::Bare;

fn holds(bare: &Bare, assertions: &str) {
    let script = format!("{assertions}\nexecute('SET', 'holds', 'yes')");
    bare.say(&["DEL", "holds"]);
    let answer = bare.say(&["RG.PYEXECUTE", &script]);
    assert_eq!(answer, "OK");
    assert_eq!(bare.say(&["GET", "holds"]), "yes");
}

/// The modules of redgrease 0.3.30 with the names that they define.
const PUBLISHED: &str = "
redgrease: ClosedGearFunction CommandReader FailurePolicy GB GEARS_RUNTIME GearFunction GearReader GearsBuilder KeyType KeysOnlyReader KeysReader LogLevel OpenGearFunction PythonReader ReaderType ShardsIDReader StreamReader TriggerMode atomic cmd command configGet execute gearsConfigGet gearsFuture hashtag hashtag3 log trigger
redgrease.data: ClusterInfo ExecID ExecLocality ExecutionInfo ExecutionPlan ExecutionResult ExecutionStatus ExecutionStep PyRequirementInfo PyStats RedisObject RegData Registration ShardInfo T bool_ok list_parser optional parse_PD parse_execute_response parse_trigger_response safe_bool safe_str str_if_bytes to_bytes to_dict to_kwargs
redgrease.exceptions: DuplicateTriggerError
redgrease.func: ClosedGearFunction command trigger
redgrease.gears: Accumulate Aggregate AggregateBy Avg BatchGroupBy ClosedGearFunction Collect Count CountBy Distinct Filter FlatMap ForEach GearFunction GroupBy InputRecord Key Limit LocalGroupBy Map Nop OpenGearFunction Operation OutputRecord Reader Register Repartition Run Sort T
redgrease.hysteresis: HysteresisHandlerIndex ResettableTimer nop
redgrease.reader: CommandReader GearReader KeysOnlyReader KeysReader OutputRecord PythonReader ShardsIDReader StreamReader
redgrease.runtime: GB GearsBuilder InputRecord Key OutputRecord T atomic configGet execute gearsConfigGet gearsFuture hashtag hashtag3 log run
redgrease.runtime_client: cmd get_runtime_client
redgrease.sugar: FailurePolicy KeyType LogLevel ReaderType TriggerMode
redgrease.typing: Accumulator BatchReducer Constructor Expander Extractor Filterer InputRecord Key Mapper OutputRecord Processor Record RedisKey RedisType Reducer Registrator SafeType SupportedType T Val
redgrease.utils: CaseInsensitiveDict Key Record StreamRecord T Val as_is bool_ok compose dict_filter dict_of list_of_str list_parser optional passfun record safe_bool safe_str safe_str_upper str_if_bytes stream_record to_bytes to_dict to_int_if_bool to_kwargs to_list to_redis_type transform
";

#[test]
fn the_names_for_servers_are_there() {
    let bare = Bare::start();
    let script = format!(
        "
import importlib
published = '''{PUBLISHED}'''
missing = []
for line in published.strip().splitlines():
    module, _, names = line.partition(': ')
    there = importlib.import_module(module)
    missing += [module + '.' + name for name in names.split() if not hasattr(there, name)]
assert not missing, missing
import redgrease
redgrease.hysteresis.nop(1, x=2)
assert redgrease.runtime_client.get_runtime_client() is redgrease.cmd
"
    );
    holds(&bare, &script);
}

#[test]
fn the_names_for_clients_say_so() {
    let bare = Bare::start();
    for module in "cli client config formatting gearialization loader requirements".split(' ') {
        let missing = bare.say(&["RG.PYEXECUTE", &format!("import redgrease.{module}")]);
        let text = format!("redgrease.{module} is for clients");
        assert!(missing.contains(&text), "{missing}");
    }
    for name in "Gears Redis RedisCluster RedisGears RedisMods GearsLoader read_requirements resolve_requirements"
        .split(' ')
    {
        let missing = bare.say(&["RG.PYEXECUTE", &format!("import redgrease\nredgrease.{name}")]);
        let says = missing.contains("connects to a server") || missing.contains("is for clients");
        assert!(says, "{missing}");
    }
}

#[test]
fn rows_of_the_server_become_objects() {
    let bare = Bare::start();
    bare.say(&[
        "RG.PYEXECUTE",
        "GB('CommandReader', desc='d').map(lambda r: 'x').register(trigger='t')",
    ]);
    bare.say(&["RG.PYEXECUTE", "GB('StreamReader').register('s:*')"]);
    bare.say(&["RG.TRIGGER", "t"]);
    holds(
        &bare,
        "
from redgrease.data import *
rows = {row.reader: row for row in map(Registration.from_redis, execute('RG.DUMPREGISTRATIONS'))}
row = rows['CommandReader']
assert isinstance(row.id, ExecID) and row.desc == 'd', row
assert isinstance(row.RegistrationData, RegData) and row.RegistrationData.mode == 'async', row
assert row.RegistrationData.args['trigger'] == 't' and row.RegistrationData.status is None, row
assert row.PD['dead'] is False and row.PD['linkedTo'] == 'primary' and row.PD['depsList'] == [], row.PD
assert 'PD' not in repr(row)
assert rows['StreamReader'].RegistrationData.status is True
assert ClusterInfo.parse(execute('RG.INFOCLUSTER')) is None
shard = ['id', 'a', 'ip', '::1', 'port', 7, 'unixSocket', 'None', 'runid', 'r', 'minHslot', 0, 'maxHslot', 5, 'pendingMessages', 0]
cluster = ClusterInfo.parse(['MyId', b'a', 'MyRunId', 'b', [shard]])
assert cluster.my_id == 'a' and cluster.shards[0] == ShardInfo('a', '::1', 7, 'None', 'r', 0, 5, 0), cluster
assert PyStats.from_redis(execute('RG.PYSTATS')).CurrAllocated > 0
step = ['type', 'map', 'duration', 0, 'name', 'n', 'arg', 'f', 'newer', 1]
plan = ['status', 'done', 'shards_received', 1, 'shards_completed', 1, 'results', 1, 'errors', [], 'total_duration', 1, 'read_duration', 0, 'steps', [step]]
plans = ExecutionPlan.parse([['shard_id', b's', 'execution_plan', plan]])
assert plans['s'].status == 'done' and plans['s'].steps == [ExecutionStep('map', 0, 'n', 'f')], plans
info = ExecutionInfo.from_redis(['executionId', '0-5', 'status', 'running', 'registered', 1])
assert info == ExecutionInfo(b'0-5', 'running', True) and info.registered is True, info
req = PyRequirementInfo.from_redis(['GearReqVersion', 2, 'Name', b'six', 'IsDownloaded', 'yes', 'IsInstalled', 'no', 'CompiledOs', 'linux', 'Wheels', [b'six.whl'], 'Path', '/x'])
assert req.IsDownloaded and not req.IsInstalled and req.Wheels == ['six.whl'], req
try:
    req.Name = 'other'
except Exception as e:
    assert 'FrozenInstance' in type(e).__name__
else:
    raise AssertionError
assert parse_execute_response('OK') == True
assert parse_execute_response([['3'], []]) == '3'
assert list(parse_execute_response([['3', '4'], ['e']])) == ['3', '4']
assert parse_execute_response([['3', '4'], ['e']]).errors == ['e']
assert parse_execute_response([[dumps({'a': 1})], []]) == {'a': 1}
assert parse_execute_response(b'0-7').value == ExecID('0', 7)
assert parse_trigger_response(['x']) == 'x' and parse_trigger_response([dumps(5), dumps(6)]) == [5, 6]
assert loads(dumps(row)) == row",
    );
}

#[test]
fn bursts_are_handled_once() {
    let bare = Bare::start();
    holds(
        &bare,
        "
from redgrease.hysteresis import HysteresisHandlerIndex, ResettableTimer
import threading
done, seen = threading.Event(), []
index = HysteresisHandlerIndex(0.2)
for number in range(5):
    index.signal('a', lambda *args, **more: (seen.append((args, more)), done.set()), number, more=number)
assert done.wait(30) and seen == [((4,), {'more': 4})], seen
timer = ResettableTimer()
timer.set(600, seen.append, 'never')
timer.cancel()
assert timer.timer is None
timer.set(600, seen.append, 'now')
timer.trigger()
assert seen[-1] == 'now' and timer.timer is None",
    );
}

#[test]
fn the_name_of_a_reader_in_the_manual_is_understood() {
    let bare = Bare::start();
    for script in [
        "GB('ShardsReader').run()",
        "GB('ShardsReader').map(lambda r: r).run()",
        "import redgrease\nredgrease.GearsBuilder('ShardsReader').run()",
        "import redgrease\nredgrease.GearReader('ShardsReader').run()",
        "from redgrease.runtime import run\nimport redgrease\nrun(redgrease.ShardsIDReader(), GB).run()",
    ] {
        assert_eq!(
            bare.say(&["RG.PYEXECUTE", script]).trim_end(),
            "1",
            "{script}"
        );
    }
    holds(
        &bare,
        "
import redgrease
assert GB('ShardsReader').reader == 'ShardsIDReader' and GB('ShardsReader').realReader == 'PythonReader'
assert not redgrease.GearReader('ShardsReader').supports_event_mode",
    );
}
