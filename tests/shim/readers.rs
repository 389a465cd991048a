//! The readers and their specific methods.

use crate::Bare;
use crate::common::eventually;

fn filled() -> Bare {
    let bare = Bare::anywhere();
    bare.say(&["SET", "text", "x"]);
    bare.say(&["HSET", "hash", "field", "value"]);
    bare.say(&["RPUSH", "list", "a", "b"]);
    bare.say(&["XADD", "stream", "1-1", "field", "value"]);
    bare
}

#[test]
fn a_keys_reader_reads_keys_and_values() {
    let bare = filled();
    let run = |chain: &str| bare.sorted(&format!("{chain}.run()"));
    assert_eq!(
        run("KeysReader('t*')"),
        ["{'event': None, 'key': 'text', 'type': 'string', 'value': 'x'}"]
    );
    assert_eq!(
        run("KeysReader().keys()"),
        ["hash", "list", "stream", "text"]
    );
    assert_eq!(run("KeysReader().keys(type='hash')"), ["hash"]);
    assert_eq!(
        run("KeysReader().keys(type=[KeyType.List, KeyType.Stream])"),
        ["list", "stream"]
    );
    assert_eq!(run("KeysReader().keys(event=None)").len(), 4);
    assert!(run("KeysReader().keys(event='set')").is_empty());
    assert_eq!(
        run("KeysReader().values(type={'string', 'list'})"),
        ["['a', 'b']", "x"]
    );
    assert_eq!(
        run("KeysReader().records(type='hash').map(lambda r: (r.key, r.value, r.type, r.event))"),
        ["('hash', {'field': 'value'}, 'hash', None)"]
    );
    assert_eq!(run("KeysOnlyReader('*s*')"), ["hash", "list", "stream"]);
}

#[test]
fn a_stream_reader_reads_messages() {
    let bare = filled();
    let run = |chain: &str| {
        bare.run(&format!("{chain}.run('stream')"))
            .trim_end()
            .to_owned()
    };
    assert_eq!(
        run("StreamReader()"),
        "{'key': 'stream', 'id': '1-1', 'value': {'field': 'value'}}"
    );
    assert_eq!(run("StreamReader().keys()"), "stream");
    assert_eq!(run("StreamReader().values()"), "{'field': 'value'}");
    assert_eq!(
        run("StreamReader().records().map(lambda r: (r.key, r.id, r.value))"),
        "('stream', '1-1', {'field': 'value'})"
    );
}

#[test]
fn a_python_reader_reads_a_generator() {
    let bare = Bare::start();
    let run = |script: &str| bare.run(script).trim_end().to_owned();
    assert_eq!(
        run("def count():\n    yield from range(3)\nPythonReader().run(count)"),
        "0\n1\n2"
    );
    assert_eq!(run("PythonReader().run(range(2))"), "0\n1");
    assert_eq!(
        run("PythonReader().run(x * x for x in range(3))"),
        "0\n1\n4"
    );
    assert_eq!(run("ShardsIDReader().run()"), "1");
    let refused = run("PythonReader().run(5)");
    assert!(
        refused.contains("TypeError: PythonReader reads from"),
        "{refused}"
    );
}

#[test]
fn a_keys_reader_handles_events() {
    let bare = Bare::start();
    let script = "
KeysReader().records(event='hset').foreach(
    lambda r: cmd.sadd('events', '%s %s' % (r.event, r.value))).register('person:*', mode='sync')
StreamReader().values().foreach(lambda v: cmd.hset('received', mapping=v)).register('orders')";
    assert_eq!(bare.run(script), "OK");
    bare.say(&["HSET", "person:1", "age", "17"]);
    bare.say(&["EXPIRE", "person:1", "100"]);
    assert_eq!(bare.say(&["SMEMBERS", "events"]), "hset {'age': '17'}");
    bare.say(&["XADD", "orders", "*", "item", "tea"]);
    eventually("the message is handled", || {
        bare.say(&["HGETALL", "received"]) == "item\ntea"
    });
}

#[test]
fn a_command_reader_handles_commands() {
    let bare = Bare::start();
    let script = "
CommandReader().args().register(trigger='all')
CommandReader().args(max_count=1).register(trigger='first', convertToStr=False)
CommandReader().apply(lambda a, b='none': a + b).register(trigger='apply')
@command()
def negative(number: int):
    \"What it does.\"
    return -int(number)
@command(trigger=...)
def unique():
    return 'never called'
@command(trigger='raw', mode='sync', convertToStr=False)
def other(value):
    return [len(value), value.encode()]
@command
def binary():
    return b'\\xff' if negative(1) == -1 and negative.__doc__ else None
cmd.set('unique', unique.outcome)";
    assert_eq!(bare.run(script), "OK");
    assert_eq!(bare.say(&["RG.TRIGGER", "all", "a", "b"]), "['a', 'b']");
    assert_eq!(bare.say(&["RG.TRIGGER", "first", "a", "b"]), "a");
    assert_eq!(bare.say(&["RG.TRIGGER", "apply", "a"]), "anone");
    assert_eq!(bare.say(&["RG.TRIGGER", "negative", "7"]), "-7");
    assert_eq!(bare.say(&["RG.TRIGGER", "raw", "abc"]), "3\nabc");
    assert_eq!(bare.say(&["RG.TRIGGER", "binary"]), "\u{fffd}");
    let rows = bare.say(&["RG.DUMPREGISTRATIONS"]);
    assert!(rows.contains(&bare.say(&["GET", "unique"])), "{rows}");
}

#[test]
fn a_registered_trigger_can_be_replaced_or_kept() {
    let bare = Bare::start();
    let define = |options: &str, answer: &str| {
        bare.run(&format!(
            "@command({options})\ndef twice():\n    return '{answer}'"
        ))
    };
    assert_eq!(define("", "first"), "OK");
    let refused = define("", "second");
    assert!(
        refused.contains("DuplicateTriggerError: the trigger 'twice'"),
        "{refused}"
    );
    assert_eq!(define("replace=False", "third"), "OK");
    assert_eq!(bare.say(&["RG.TRIGGER", "twice"]), "first");
    assert_eq!(define("replace=True", "fourth"), "OK");
    assert_eq!(bare.say(&["RG.TRIGGER", "twice"]), "fourth");
}
