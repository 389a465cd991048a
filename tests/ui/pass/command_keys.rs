//! All other keys of `#[gear_command]`, and all kinds of arguments.
use redgrease::prelude::*;
use redgrease::{Codec, GearKind, Hook, Mode, PerShard};

#[gear_command(trigger = unique)]
fn unique_name() -> i64 {
    python! { return 1 }
}

mod inner {
    use redgrease::prelude::*;

    #[gear_command(trigger = unique)]
    pub fn unique_name() -> i64 {
        python! { return 2 }
    }
}

#[gear_command(replace = true)]
fn taken_over() -> i64 {
    python! { return 1 }
}

#[gear_command(replace = false)]
fn left_alone() -> i64 {
    python! { return 1 }
}

#[gear_command(inorder = true)]
fn one_by_one() -> i64 {
    python! { return 1 }
}

/// Counted.
///
/// By its path.
#[gear_command(count_calls = true)]
fn counted() -> i64 {
    python! { return 1 }
}

#[gear_command(hook = "HGET")]
fn every_hget(key: &str, field: &str) -> String {
    python! { return call_next(key, field) }
}

/// A hook for some keys.
#[gear_command(hook = "hset", keyprefix = "user:", mode = "sync", inorder = false, handle = UserHset)]
#[cfg(all())]
pub fn user_hset(key: &str, #[rest] fields: &[String]) {
    python! { call_next(key, *fields) }
}

#[gear_command(on_registered = python!(r#"
    global pool
    pool = {'it': 1}
"#))]
fn prepared() -> i64 {
    python! { return pool["it"] }
}

#[gear_command(on_registered = redgrease::python! { global a; a = 1 }, module = "tests/ui/modules/shared.py")]
fn with_both() -> bool {
    python! { return of_age({"age": a}) }
}

#[gear_command]
fn any_number(first: i64, #[rest] others: Vec<i64>) -> i64 {
    python! { return first + sum(others) }
}

#[gear_command]
fn any_bytes(#[rest] parts: &[Vec<u8>]) -> Vec<u8> {
    python! { return b"".join(parts) }
}

#[gear_command]
fn small_numbers(#[rest] numbers: &[u8]) -> i64 {
    python! { return sum(numbers) }
}

#[gear_command]
fn left_out(first: i64, second: Option<i64>, third: Option<&str>) -> i64 {
    python! { return first + (second or 0) }
}

#[gear_command]
fn generator(key: &str) -> Vec<String> {
    python! {
        for line in cmd.get(key).decode().splitlines():
            yield line
    }
}

#[gear_command(mode = "async")]
fn generator_everywhere() -> PerShard<Vec<i64>> {
    python! { yield 1 }
}

#[doc = include_str!("../modules/shared.py")]
/// and more
#[gear_command]
fn documented_elsewhere() {
    python! { pass }
}

fn main() {
    assert_eq!(unique_name::GEAR.trigger(), Some(concat!(module_path!(), "::unique_name")));
    assert_eq!(
        inner::unique_name::GEAR.trigger(),
        Some(concat!(module_path!(), "::inner::unique_name"))
    );
    assert_eq!(taken_over::GEAR.spec().replace, Some(true));
    assert_eq!(left_alone::GEAR.spec().replace, Some(false));
    assert_eq!(counted::GEAR.spec().replace, None);
    assert!(counted::GEAR.spec().count_calls && !unique_name::GEAR.spec().count_calls);
    assert_eq!(counted::GEAR.spec().doc, "Counted.\n\nBy its path.");
    assert_eq!(counted::GEAR.spec().path, concat!(module_path!(), "::counted"));

    let command = |gear: &redgrease::Gear| match gear.spec().kind {
        GearKind::Command { mode, in_order, hook, .. } => (mode, in_order, hook),
        _ => unreachable!(),
    };
    assert_eq!(command(one_by_one::GEAR), (Mode::AsyncLocal, true, None));
    let hook = Hook { command: "HGET", key_prefix: None };
    assert_eq!(command(every_hget::GEAR), (Mode::AsyncLocal, false, Some(hook)));
    let hook = Hook { command: "hset", key_prefix: Some("user:") };
    assert_eq!(command(UserHset::GEAR), (Mode::Sync, false, Some(hook)));
    assert_eq!(UserHset::GEAR.trigger(), None);
    assert!(UserHset::GEAR.spec().rest);

    let setup = prepared::GEAR.spec().on_registered.unwrap();
    assert!(setup.source.contains("{'it': 1}"));
    assert_eq!(setup.source_line, 54);
    assert!(setup.source_file.ends_with("command_keys.rs"));
    if with_both::GEAR.spec().module.unwrap().names != ["*"] {
        assert!(with_both::GEAR.spec().names.is_empty());
    }

    let spec = any_number::GEAR.spec();
    assert!(spec.rest);
    assert!(matches!(spec.args[1].1, Codec::List(Codec::Int)), "{:?}", spec.args);
    assert!(matches!(any_bytes::GEAR.spec().args[0].1, Codec::List(Codec::Bytes)));
    assert!(matches!(small_numbers::GEAR.spec().args[0].1, Codec::List(Codec::Int)));
    let args = |call: redis::Cmd| call.args_iter().count();
    assert_eq!(args(any_number::request(1, vec![2, 3, 4]).unwrap()), 6);
    assert_eq!(args(any_number::request(1, vec![]).unwrap()), 3);
    assert_eq!(args(any_bytes::request(&[b"a".to_vec()]).unwrap()), 3);
    assert_eq!(args(small_numbers::request(&[1, 2]).unwrap()), 4);
    assert_eq!(args(left_out::request(1, None, Some("x")).unwrap()), 5);
    assert!(documented_elsewhere::GEAR.spec().doc.starts_with("import json"));
    assert!(documented_elsewhere::GEAR.spec().doc.ends_with("\nand more"));
}
