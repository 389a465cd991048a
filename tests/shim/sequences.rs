//! Shared open functions, the mutable builder, `run` and `register`.

use crate::Bare;
use crate::common::eventually;

#[test]
fn an_open_function_does_not_change() {
    let bare = Bare::anywhere();
    bare.say(&["MSET", "a", "1", "b", "2"]);
    let script = "
numbers = KeysReader().values().map(int)
numbers.filter(lambda n: False)
evens = numbers.filter(lambda n: n % 2 == 0).map(str, requirements=['one', 'two'])
assert evens.requirements == {'one', 'two'} and not numbers.requirements
numbers.aggregate(0).run()";
    let answer = bare.run(script);
    assert_eq!(answer.trim_end(), "3");
}

#[test]
fn a_builder_changes_and_its_functions_do_not() {
    let bare = Bare::anywhere();
    bare.say(&["MSET", "a", "1", "b", "2"]);
    let script = "
builder = GearsBuilder('KeysReader', 'a')
builder.map(lambda record: record['value'])
one = builder.gearfunction
builder.map(lambda value: value + '!')
assert builder.reader == one.reader == ReaderType.KeysReader
assert builder.supports_batch_mode and builder.supports_event_mode
";
    assert_eq!(bare.run(&format!("{script}builder.run()")).trim_end(), "1!");
    assert_eq!(bare.run(&format!("{script}one.run()")).trim_end(), "1");
    // Arguments of `run` can be given to the reader.
    let early = "GB('KeysReader', '*', None, 'b').map(lambda record: record['key']).run()";
    assert_eq!(bare.run(early).trim_end(), "b");
    // Options can be texts or members of enums.
    let words = "
KeysReader(desc='described').foreach(lambda r: None).register(
    'watched:*', mode=TriggerMode.Sync, eventTypes='set', keyTypes=[KeyType.String])";
    assert_eq!(bare.run(words), "OK");
    let row = bare.say(&["RG.DUMPREGISTRATIONS"]);
    for text in [
        "KeysReader",
        "described",
        "sync",
        "watched:*",
        "set",
        "string",
    ] {
        assert!(row.lines().any(|line| line == text), "{text}: {row}");
    }
}

#[test]
fn a_reader_refuses_an_unsupported_mode() {
    let bare = Bare::anywhere();
    let refused = bare.run("CommandReader().run()");
    assert!(
        refused.contains("TypeError: CommandReader waits for events"),
        "{refused}"
    );
    for reader in ["PythonReader", "ShardsIDReader", "KeysOnlyReader"] {
        let refused = bare.run(&format!("{reader}().register()"));
        let text = format!("TypeError: {reader} has no events");
        assert!(refused.contains(&text), "{refused}");
    }
    let refused = bare.run("KeysReader().run().map(len)");
    assert!(refused.contains("no attribute 'map'"), "{refused}");
}

#[test]
fn missing_requirements_are_reported() {
    let bare = Bare::start();
    bare.run("KeysReader(requirements=['nothing-of-the-kind>=1']).register('x')");
    let log = std::fs::read_to_string(bare.log()).unwrap();
    assert!(
        log.contains("requires nothing-of-the-kind, which is not installed"),
        "{log}"
    );
}

#[test]
fn a_run_can_be_awaited() {
    let bare = Bare::start();
    bare.say(&["MSET", "a", "1", "b", "2"]);
    let script = "
async def count(_):
    results, errors = await KeysReader().count().run()
    cmd.set('counted', results[0])
CommandReader().map(count).register(trigger='count', mode='async_local')";
    assert_eq!(bare.run(script), "OK");
    bare.say(&["RG.TRIGGER", "count"]);
    eventually("the count is stored", || {
        bare.say(&["GET", "counted"]) == "2"
    });
}
