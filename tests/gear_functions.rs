//! Chains that `#[gear]` functions register, and chains that run once.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::{Answers, anywhere, shards};
use common::{eventually, untyped};
use redgrease::prelude::*;
use redgrease::{
    CommandRegister, EncodeError, ErrorKind, KeysRegister, Mode, Options, Result, StreamRegister,
    register_all_with, start_with,
};
use redgrease_embedded::Server;
use std::collections::BTreeMap;

#[gear]
fn upper() -> Registration {
    CommandReader::new()
        .args()
        .map(python!(lambda args: [word.upper() for word in args]))
        .description("in capitals")
        .register("upper")
}

#[gear]
fn expire() -> Result<Registration> {
    let seconds: i32 = "100".parse().map_err(|_| EncodeError::new("no number"))?;
    Ok(KeysReader::new("session:*")
        .foreach(python!(lambda record: execute("EXPIRE", record["key"], 'seconds)))
        .register(
            KeysRegister::new()
                .event_types(["set".to_owned()])
                .mode(Mode::Sync),
        ))
}

#[gear]
fn lengths() -> Registration {
    StreamReader::new("words")
        .map(python!(lambda record: len(record["value"]["word"])))
        .foreach(python!(lambda length: cmd.rpush("lengths", length)))
        .register(StreamRegister::new().batch(1_u32))
}

#[gear]
fn impossible() -> Result<Registration> {
    Err(EncodeError::new("there is nothing to register").into())
}

#[gear_command(trigger = "upper")]
fn upper_too() -> String {
    python! { return "UPPER" }
}

#[test]
fn chains_are_registered_with_the_gears() {
    let server = Server::start().unwrap();
    let all = gears![upper, expire, lengths];
    let (mut con, report) = start_with(server.url(), &Options::new().gears(all)).unwrap();
    assert_eq!(
        report.registered().collect::<Vec<_>>(),
        ["expire", "lengths", "upper"]
    );
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "upper", "a", "b"]),
        "['A', 'B']"
    );
    untyped(&server, &["SET", "session:1", "x"]);
    assert_eq!(untyped(&server, &["TTL", "session:1"]), "100");
    untyped(&server, &["XADD", "words", "*", "word", "four"]);
    eventually("a length", || {
        untyped(&server, &["LRANGE", "lengths", "0", "-1"]) == "4"
    });
    let rows = con.dump_registrations().unwrap();
    assert!(
        rows.iter()
            .any(|r| r.description.as_deref() == Some("in capitals"))
    );
    let (_, report) = start_with(server.url(), &Options::new().gears(all)).unwrap();
    assert_eq!(report.unchanged().count(), 3);
    assert!(!report.is_changed());
}

#[test]
fn an_invalid_chain_stops_the_registration() {
    let (server, mut con) = anywhere();
    let error = register_all_with(&mut con, &Options::new().gears(gears![impossible])).unwrap_err();
    assert!(
        error.to_string().contains("there is nothing to register"),
        "{error}"
    );
    assert!(error.to_string().contains("gear_functions.rs"), "{error}");
    assert_eq!(common::calls_of(&server, "rg.pyexecute"), 0);
}

#[test]
fn a_trigger_is_unique_among_all_kinds_of_gears() {
    let (_server, mut con) = anywhere();
    let error =
        register_all_with(&mut con, &Options::new().gears(gears![upper, upper_too])).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DuplicateTrigger { trigger, .. } if trigger == "upper"),
        "{error}"
    );
}

#[test]
fn the_function_can_still_be_called() {
    assert!(
        upper()
            .to_string()
            .ends_with(".register(trigger=\"upper\")")
    );
}

fn people(server: &impl Answers) {
    for (key, name, age) in [
        ("person:1", "ada", "36"),
        ("person:2", "bob", "17"),
        ("person:3", "eve", "70"),
    ] {
        untyped(server, &["HSET", key, "name", name, "age", age]);
    }
}

#[test]
fn chains_run_once_with_types() {
    let (server, mut con) = anywhere();
    people(&server);
    let least = 18;
    let ages = KeysReader::new("person:*")
        .values()
        .map_to::<i64>(python!(lambda person: int(person["age"])));
    let adults = ages.clone().filter(python!(lambda age: age >= 'least));
    let on = |con: &mut redgrease::Con| -> Result<Vec<i64>> {
        adults.clone().sort_desc().run().on(con)?.into_values()
    };
    assert_eq!(on(&mut con).unwrap(), [70, 36]);
    let run = |chain: redgrease::Closed<i64>, con: &mut redgrease::Con| {
        chain.on(con).unwrap().into_value().unwrap()
    };
    assert_eq!(run(ages.clone().count().run(), &mut con), 3);
    assert_eq!(
        run(
            ages.clone()
                .aggregate(0_i64, python!(lambda a, x: a + x))
                .run(),
            &mut con
        ),
        123
    );
    assert_eq!(
        ages.clone()
            .sort_asc()
            .limit(2)
            .run()
            .on(&mut con)
            .unwrap()
            .values,
        [17, 36]
    );
    let average = ages
        .clone()
        .avg()
        .run()
        .on(&mut con)
        .unwrap()
        .into_value()
        .unwrap();
    assert!((average - 41.0).abs() < 1e-9);
    let groups: BTreeMap<String, i64> = ages
        .clone()
        .count_by(python!(lambda age: "adult" if age >= 'least else "child"))
        .run()
        .on(&mut con)
        .unwrap()
        .into_values()
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(
        groups,
        BTreeMap::from([("adult".into(), 2), ("child".into(), 1)])
    );
    let names: Vec<String> = KeysReader::new("person:*")
        .values()
        .map_to::<String>(python!(
            def name_of(person):
                name = person["name"]
                return name.title()
        ))
        .sort_asc()
        .run()
        .on(&mut con)
        .unwrap()
        .values;
    assert_eq!(names, ["Ada", "Bob", "Eve"]);
    let letters = KeysReader::new("person:*")
        .keys()
        .flatmap(python!(lambda key: list(key)))
        .typed::<String>()
        .distinct()
        .count()
        .run();
    assert_eq!(letters.on(&mut con).unwrap().into_value().unwrap(), 10);
}

#[test]
fn other_readers_run_too() {
    let (server, mut con) = anywhere();
    people(&server);
    let numbers: Vec<i64> = redgrease::PythonReader::new(python!(
        def numbers():
            for n in range(5):
                yield n
    ))
    .limit(3)
    .typed::<i64>()
    .run()
    .on(&mut con)
    .unwrap()
    .values;
    // Each shard reads them, and the limit is that of all.
    assert_eq!(numbers.len(), 3);
    assert!(shards() > 1 || numbers == [0, 1, 2], "{numbers:?}");
    let ids = redgrease::ShardsIDReader::new().run();
    assert_eq!(ids.on(&mut con).unwrap().values.len(), shards());
    let grouped = KeysReader::new("person:*")
        .values()
        .group_by(
            python!(lambda person: "adult" if int(person["age"]) >= 18 else "child"),
            python!(lambda key, total, person: (total or 0) + int(person["age"])),
        )
        .map_to::<(String, i64)>(python!(lambda group: (group["key"], group["value"])))
        .sort_asc()
        .run();
    assert_eq!(
        grouped.on(&mut con).unwrap().values,
        [("adult".to_owned(), 106), ("child".to_owned(), 17)]
    );
}

#[test]
fn keys_can_be_read_without_values() {
    let (server, mut con) = anywhere();
    people(&server);
    let keys = redgrease::KeysOnlyReader::new("person:*")
        .typed::<String>()
        .sort_asc()
        .run();
    assert_eq!(
        keys.on(&mut con).unwrap().values,
        ["person:1", "person:2", "person:3"]
    );
}

#[test]
fn errors_of_a_step_are_returned_with_the_records() {
    let (server, mut con) = anywhere();
    people(&server);
    let result = KeysReader::new("person:*")
        .values()
        .map_to::<i64>(python!(lambda person: int(person["name"])))
        .run()
        .on(&mut con)
        .unwrap();
    assert!(
        result.errors[0].contains("invalid literal for int()"),
        "{result:?}"
    );
    assert!(result.into_values().unwrap_err().is_python());
}

#[test]
fn hooks_and_options_are_written_as_arguments_of_register() {
    let hook = CommandReader::new().register(
        CommandRegister::instead_of("HGET")
            .key_prefix("a")
            .in_order(true),
    );
    assert_eq!(
        hook.to_string(),
        "GB(\"CommandReader\").register(hook=\"HGET\", keyprefix=\"a\", inorder=True)"
    );
}
