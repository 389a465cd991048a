//! Modules, coroutines, other versions of Python, pickling.

use super::python::{Python, call, call_with, gear, has_cloudpickle, pythons, spec};
use super::round_trip::echo;
use crate::Codec;
use crate::gear::{GearSpec, SourceForm};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn modules_coroutines_and_names_of_the_runtime() {
    let module = gear(
        "whole",
        GearSpec {
            args: &[("n", Codec::Int)],
            ret: Codec::Int,
            form: SourceForm::Module,
            source_file: "gears/whole.py",
            source_line: 1,
            ..spec(
                "whole",
                "import math\n\ndef double(n):\n    return n * 2\n\ndef whole(n):\n    return double(n) + 1\n",
            )
        },
    );
    let coroutine = gear(
        "later",
        GearSpec {
            args: &[("n", Codec::Int)],
            ret: Codec::Int,
            coroutine: true,
            ..spec(
                "later",
                "\n  import asyncio\n  await asyncio.sleep(0)\n  return n\n",
            )
        },
    );
    let recursive = gear(
        "factorial",
        GearSpec {
            args: &[("n", Codec::Int)],
            ret: Codec::Int,
            ..spec("factorial", " return 1 if n < 2 else n * factorial(n - 1)")
        },
    );
    let builtin = gear(
        "len",
        GearSpec {
            args: &[("n", Codec::Str)],
            ret: Codec::Int,
            ..spec("len", " return len(n)")
        },
    );
    for program in pythons() {
        let mut python = Python::program(program);
        python
            .register(&[module, coroutine, recursive, builtin])
            .unwrap();
        assert_eq!(
            python.call(&call::<_, i64>(module, &20), false).unwrap(),
            41
        );
        assert_eq!(
            python.call(&call::<_, i64>(coroutine, &5), false).unwrap(),
            5
        );
        let big: u128 = python.call(&call(recursive, &30), false).unwrap();
        assert_eq!(big, 265_252_859_812_191_058_636_308_480_000_000);
        python.waits_for_coroutines = false;
        python.register(&[coroutine]).unwrap();
        assert_eq!(
            python.call(&call::<_, i64>(coroutine, &6), false).unwrap(),
            6
        );
        assert_eq!(
            python
                .call(&call::<_, i64>(builtin, &"four"), false)
                .unwrap(),
            4
        );
    }
}

#[test]
fn every_python_reads_and_writes_alike() {
    type All = (
        String,
        Vec<u8>,
        i128,
        f64,
        bool,
        Option<String>,
        Vec<i64>,
        BTreeMap<i64, Vec<u8>>,
        BTreeSet<String>,
    );
    let value: All = (
        "\0\u{1}-😀".into(),
        b"\xff\x00".to_vec(),
        1 << 80,
        f64::NEG_INFINITY,
        true,
        Some(String::new()),
        vec![-1],
        BTreeMap::from([(-7, vec![1])]),
        BTreeSet::from(["x".into()]),
    );
    let echo = echo::<All>();
    for program in pythons() {
        let mut python = Python::program(program);
        python.register(&[echo]).unwrap();
        assert_eq!(
            python.call::<All>(&call(echo, &value), false).unwrap(),
            value
        );
    }
}

#[test]
fn stubs_survive_pickling() {
    if !has_cloudpickle() {
        eprintln!("skipped: Python has no cloudpickle");
        return;
    }
    let args: &[(&str, Codec)] = &[("names", Codec::Map(&Codec::Str, &Codec::Opt(&Codec::Json)))];
    let body = " import redgrease; log; cmd; return {len(n): n for n in names}[3]";
    let gear = gear(
        "pick",
        GearSpec {
            args,
            ret: Codec::Str,
            names: &["log", "cmd"],
            ..spec("pick", body)
        },
    );
    let mut python = Python::start();
    python.register(&[gear]).unwrap();
    let mut ask = |names: &str| {
        python.call::<String>(
            &call_with(gear, |w| {
                w.str(names);
                Ok(())
            }),
            true,
        )
    };
    assert_eq!(ask(r#"{"one": null, "three": 3}"#).unwrap(), "one");
    let error = ask("[]").unwrap_err();
    assert_eq!(
        error
            .as_gear()
            .unwrap()
            .frame()
            .unwrap()
            .source
            .as_deref()
            .map(str::trim),
        Some(format!("def pick(names):{body}").as_str())
    );
}
