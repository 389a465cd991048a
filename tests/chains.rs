//! Chains that run in the background, are registered at once, are built step by step, or are files.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::{Answers, anywhere, shards};
use common::{empty, eventually, line_of, untyped};
use redgrease::prelude::*;
use redgrease::{ExecutionStatus, GearsBuilder, IfTaken, KeyType, Mode, PlainRun, ScriptFile};
use std::collections::BTreeMap;

fn numbers(server: &impl Answers) {
    for n in 1..=6 {
        untyped(server, &["SET", &format!("n:{n}"), &n.to_string()]);
    }
}

#[test]
fn a_chain_is_started_and_fetched_later() {
    let (server, mut con) = anywhere();
    numbers(&server);
    let run = KeysReader::new("n:*")
        .values()
        .map_to::<i64>(python!(lambda n: int(n)))
        .sort_asc()
        .run()
        .start(&mut con)
        .unwrap();
    assert_eq!(
        run.wait(&mut con).unwrap().into_values().unwrap(),
        [1, 2, 3, 4, 5, 6]
    );
    assert_eq!(run.status(&mut con).unwrap(), ExecutionStatus::Done);
    let again = run.results(&mut con).unwrap().unwrap();
    assert_eq!(again.values.len(), 6);
    run.drop(&mut con).unwrap();
}

#[test]
fn steps_have_operands_of_their_own() {
    let (server, mut con) = anywhere();
    numbers(&server);
    untyped(&server, &["SET", "n:7", ""]);
    let values = || KeysReader::new("n:*").values().filter_truthy();
    let ints = || values().map_to::<i64>(python!(lambda n: int(n)));
    let sum = ints().sum::<i64>().run_on(&mut con).unwrap();
    assert_eq!(sum.into_value().unwrap(), 21);
    let mut list = ints()
        .aggregate_list()
        .run_on(&mut con)
        .unwrap()
        .into_value()
        .unwrap();
    list.sort_unstable();
    assert_eq!(list, [1, 2, 3, 4, 5, 6]);
    let odd = python!(lambda n: n % 2);
    let groups = ints()
        .batch_group_by_len(odd.clone())
        .map_to::<(String, i64)>(python!(lambda g: (g["key"], g["value"])))
        .run_on(&mut con)
        .unwrap();
    let groups: BTreeMap<String, i64> = groups.into_values().unwrap().into_iter().collect();
    assert_eq!(
        groups,
        BTreeMap::from([("0".to_owned(), 3), ("1".to_owned(), 3)])
    );
    let lists = ints()
        .group_by_list(odd)
        .map_to::<i64>(python!(lambda g: sum(g["value"])))
        .sort_asc()
        .run_on(&mut con)
        .unwrap();
    assert_eq!(lists.into_values().unwrap(), [9, 12]);
    let equal = ints()
        .map(python!(lambda n: int(n / 4)))
        .group_by_value()
        .map_to::<(String, i64)>(python!(lambda g: (g["key"], len(g["value"]))))
        .sort_asc()
        .run_on(&mut con)
        .unwrap();
    assert_eq!(
        equal.into_values().unwrap(),
        [("0".to_owned(), 3), ("1".to_owned(), 3)]
    );
}

/// These steps gather the records of a shard.
#[test]
fn local_steps_have_operands_of_their_own() {
    let (server, mut con) = empty();
    numbers(&server);
    let ints = || {
        let values = KeysReader::new("n:*").values();
        values.map_to::<i64>(python!(lambda n: int(n)))
    };
    let odd = python!(lambda n: n % 2);
    let local = ints()
        .local_group_by(odd, python!(lambda k, a, n: (a or 0) + n))
        .map_to::<i64>(python!(lambda g: g["value"]))
        .sort_asc()
        .run_on(&mut con)
        .unwrap();
    assert_eq!(local.into_values().unwrap(), [9, 12]);
    let all = ints()
        .accumulate_list()
        .map_to::<i64>(python!(lambda l: len(l)))
        .run_on(&mut con)
        .unwrap();
    assert_eq!(all.into_value().unwrap(), 6);
}

#[test]
fn keys_are_chosen_by_their_type() {
    let (server, mut con) = anywhere();
    untyped(&server, &["SET", "a", "1"]);
    untyped(&server, &["HSET", "b", "x", "1"]);
    untyped(&server, &["XADD", "c", "*", "x", "1"]);
    let mut of = |types: &[KeyType]| {
        let chain = KeysReader::new("*").of_type(types).keys().sort_asc();
        chain.run_on(&mut con).unwrap().into_values().unwrap()
    };
    assert_eq!(of(&[KeyType::Hash]), ["b"]);
    assert_eq!(of(&[KeyType::Stream, KeyType::String]), ["a", "c"]);
}

#[test]
fn a_builder_is_changed_in_place() {
    let (server, mut con) = anywhere();
    numbers(&server);
    let mut builder = GearsBuilder::new(KeysReader::new("n:*"));
    builder
        .change(redgrease::Open::<KeysReader, _>::values)
        .map(python!(lambda n: int(n)));
    let before = builder.gear_function();
    builder.filter(python!(lambda n: n > 2)).count();
    assert_eq!(
        builder
            .run::<i64>()
            .on(&mut con)
            .unwrap()
            .into_value()
            .unwrap(),
        4
    );
    assert_eq!(
        before
            .count()
            .run_on(&mut con)
            .unwrap()
            .into_value()
            .unwrap(),
        6
    );
}

#[test]
fn a_chain_is_registered_at_once() {
    let (server, mut con) = anywhere();
    let says = |word: &'static str| {
        CommandReader::new()
            .args()
            .map(python!(lambda args: 'word + args[0]))
            .register("say")
    };
    says("one ").on(&mut con).unwrap();
    let error = says("two ").on(&mut con).unwrap_err();
    assert!(error.is_duplicate_trigger(), "{error}");
    assert!(!says("two ").on_if(&mut con, IfTaken::Keep).unwrap());
    // Each shard says it.
    let said = |words: &str| vec![words; shards()].join("\n");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "say", "x"]), said("one x"));
    assert!(says("two ").on_if(&mut con, IfTaken::Replace).unwrap());
    assert_eq!(untyped(&server, &["RG.TRIGGER", "say", "x"]), said("two x"));
}

#[test]
fn a_chain_for_events_is_registered_at_once() {
    let (server, mut con) = anywhere();
    let watching = KeysReader::new("n:*")
        .on_event(["set"])
        .foreach(python!(
            def note(record):
                execute("RPUSH", "seen:{" + record["key"] + "}", record["key"])
        ))
        .register("n:*")
        .on_registered(python!(lambda: execute("SET", "registered:{" + hashtag() + "}", 1)));
    watching.on(&mut con).unwrap();
    untyped(&server, &["SET", "n:1", "1"]);
    untyped(&server, &["DEL", "n:1"]);
    eventually("the event is noted", || {
        untyped(&server, &["LRANGE", "seen:{n:1}", "0", "-1"]) == "n:1"
    });
    // Each shard has called the function.
    let called = KeysOnlyReader::new("registered:*").count();
    let called = called.run_on(&mut con).unwrap().into_value().unwrap();
    assert_eq!(usize::try_from(called).unwrap(), shards());
}

#[test]
fn a_script_file_is_named_in_tracebacks() {
    let (_server, mut con) = anywhere();
    let source = "import math\n\n\ndef fails(x):\n    return math.sqrt(-1)\n\n\nGB('ShardsIDReader').map(fails).run()\n";
    let script = ScriptFile::new("gears/fails.py", source);
    let result = con.pyexecute::<redis::Value>(&script).unwrap();
    let line = line_of(source, "math.sqrt");
    assert!(
        result.errors[0].contains(&format!("File \"gears/fails.py\", line {line}, in fails")),
        "{}",
        result.errors[0]
    );
    assert!(
        result.errors[0].contains("return math.sqrt(-1)"),
        "{}",
        result.errors[0]
    );
    let error = ScriptFile::read("gears/nowhere.py").unwrap_err();
    assert!(error.to_string().contains("gears/nowhere.py"), "{error}");
}

#[cfg(feature = "aio")]
#[tokio::test]
async fn chains_are_async_too() {
    let (server, _con) = anywhere();
    numbers(&server);
    let mut con = redgrease::connect_async(server.url()).await.unwrap();
    let task = tokio::spawn(async move {
        let count = KeysReader::new("n:*").count();
        let run = count.clone().run().start_async(&mut con).await?;
        let first = run.wait_async(&mut con).await?.into_value()?;
        let second = count.run_on_async(&mut con).await?.into_value()?;
        let chain = CommandReader::new().args().register("args");
        chain.on_async(&mut con).await?;
        assert!(!chain.on_if_async(&mut con, IfTaken::Keep).await?);
        Ok::<_, redgrease::Error>((first, second))
    });
    assert_eq!(task.await.unwrap().unwrap(), (6, 6));
}

#[test]
fn options_are_passed_to_the_reader() {
    let (server, mut con) = anywhere();
    numbers(&server);
    untyped(&server, &["SET", "n:[1]", "0"]);
    let con = &mut con;

    let chain = KeysOnlyReader::of_shard(python!(lambda: ("n:[12]", False)));
    let mut found = chain
        .typed::<String>()
        .run_on(con)
        .unwrap()
        .into_values()
        .unwrap();
    found.sort();
    assert_eq!(found, ["n:1", "n:2"]);
    let one = "n:[1]";
    let chain = KeysOnlyReader::of_shard(python!(lambda: ('one, True)));
    let found = chain.typed::<String>().run_on(con).unwrap();
    assert_eq!(found.into_value().unwrap(), one);

    let local = PlainRun::new().mode(Mode::AsyncLocal).collect(false);
    let id = ShardsIDReader::new()
        .typed::<String>()
        .run_with(local.clone());
    assert!(id.to_string().contains("mode=\"async_local\""), "{id}");
    let id = id.on(con).unwrap().into_value().unwrap();
    assert!(id == "1" || shards() > 1 && id.len() == 40, "{id}");
    let made = PythonReader::new(python!(
        def made():
            yield 1
            yield 2
    ))
    .typed::<i64>();
    assert_eq!(
        made.run_with(local).on(con).unwrap().into_values().unwrap(),
        [1, 2]
    );
}
