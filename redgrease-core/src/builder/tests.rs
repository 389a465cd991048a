//! Chains and values as Python sees them.

use super::*;
use crate::keyword::KeyType;
use proptest::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// The output of Python.
fn python(script: &str) -> String {
    let mut child = Command::new("python3")
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{script}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

fn shown<T: Serialize + ?Sized>(value: &T) -> String {
    python(&format!("print(ascii({}))", py_literal(value).unwrap()))
}

#[derive(Serialize)]
enum Shape {
    Point,
    Circle(f64),
    Pair(i8, i8),
    Named { name: &'static str },
}

#[test]
fn values_are_the_same_in_python() {
    assert_eq!(shown(&(1_i128 << 80)), "1208925819614629174706176");
    assert_eq!(shown(&(-7, true, None::<u8>, ())), "(-7, True, None, None)");
    assert_eq!(
        shown(&[f64::NAN, f64::NEG_INFINITY, -0.0, 5e-324]),
        "(nan, -inf, -0.0, 5e-324)"
    );
    assert_eq!(
        shown("a'\"\\\n\0\r\u{85}é😀{}%"),
        r#"'a\'"\\\n\x00\r\x85\xe9\U0001f600{}%'"#
    );
    assert_eq!(shown(&Bytes(b"\xff'\"\\\n\x00a")), r#"b'\xff\'"\\\n\x00a'"#);
    assert_eq!(shown(&vec![1_u8, 2]), "[1, 2]");
    assert_eq!(
        shown(&HashMap::from([((1, 'x'), Some(2)), ((0, 'y'), None)])),
        "{(0, 'y'): None, (1, 'x'): 2}"
    );
    assert_eq!(shown(&BTreeMap::from([(vec![1], 2)])), "{(1,): 2}");
    assert_eq!(
        shown(&[
            Shape::Point,
            Shape::Circle(1.0),
            Shape::Pair(1, 2),
            Shape::Named { name: "n" }
        ]),
        "('Point', {'Circle': 1.0}, {'Pair': (1, 2)}, {'Named': {'name': 'n'}})"
    );
}

#[test]
fn a_map_is_written_in_one_order() {
    let map: HashMap<String, usize> = (0..50).map(|i| (format!("key{i}"), i)).collect();
    let again: HashMap<String, usize> = (0..50).rev().map(|i| (format!("key{i}"), i)).collect();
    assert_eq!(py_literal(&map).unwrap(), py_literal(&again).unwrap());
}

#[test]
fn keys_that_are_not_hashable_are_refused() {
    let error = py_literal(
        &HashMap::from([(BTreeMap::<u8, u8>::new(), 1)])
            .into_iter()
            .collect::<Vec<_>>(),
    );
    assert!(error.is_ok(), "a map in a list is no key");
    let error = py_literal(&BTreeMap::from([(BTreeMap::<u8, u8>::new(), 1)])).unwrap_err();
    assert!(error.to_string().contains("cannot be the key"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back(texts: Vec<String>, bytes: Vec<Vec<u8>>, ints: Vec<i128>, floats: Vec<f64>) {
        let hex = |bytes: &[u8]| -> String { bytes.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|d| char::from_digit(d.into(), 16)).collect() };
        let wrapped: Vec<Bytes<&[u8]>> = bytes.iter().map(|b| Bytes(b.as_slice())).collect();
        let script = format!(
            "t, b, i, f = {}\nimport struct\nprint('|'.join([x.encode().hex() for x in t] + [x.hex() for x in b] \
             + [str(x) for x in i] + [struct.pack('>d', x).hex() if x == x else 'nan' for x in f]))",
            py_literal(&(&texts, &wrapped, &ints, &floats)).unwrap()
        );
        let mut expected: Vec<String> = texts.iter().map(|t| hex(t.as_bytes())).collect();
        expected.extend(bytes.iter().map(|b| hex(b)));
        expected.extend(ints.iter().map(ToString::to_string));
        expected.extend(floats.iter().map(|f| if f.is_nan() { "nan".to_owned() } else { hex(&f.to_be_bytes()) }));
        prop_assert_eq!(python(&script), expected.join("|"));
    }
}

fn lambda<const N: usize>(text: &'static str) -> Callback<N> {
    Callback::new(text, "src/x.rs", 7, vec![])
}

/// The result of a function in the form in which steps send it.
fn called(callback: impl IntoCallback<1>, argument: &str) -> String {
    let source = callback.into_source();
    let define = if source.is_definition() {
        crate::prelude::Part::Source.source()
    } else {
        ""
    };
    python(&format!(
        "{define}\nprint(({})({argument}))",
        source.python()
    ))
}

#[test]
fn functions_are_called_with_their_captures() {
    let captures = || {
        vec![
            ("_least", py_literal(&18)),
            ("_name", py_literal("'); import os #")),
        ]
    };
    let function = Callback::<1>::new("lambda x: (x >= _least, _name)", "src/x.rs", 7, captures());
    assert_eq!(called(function, "20"), "(True, \"'); import os #\")");
    let text = "\n        def check(x):\n            # a comment\n            if x < _least:\n                return 'no'\n            return _name\n    ";
    let function = Callback::<1>::new(text, "src/x.rs", 7, captures());
    assert_eq!(called(function.clone(), "1"), "no");
    assert_eq!(called(function, "99"), "'); import os #");
    assert_eq!(
        called(
            Callback::<1>::new("def f(x): return x + 1", "", 1, vec![]),
            "1"
        ),
        "2"
    );
    assert_eq!(
        called(AnyCallback::new("str.upper", "", 1, vec![]), "'x'"),
        "X"
    );
    assert_eq!(called(lambda("lambda x: x # the same"), "5"), "5");
}

#[test]
fn an_error_of_a_capture_is_kept_until_it_is_sent() {
    let bad = py_literal(&BTreeMap::from([(BTreeMap::<u8, u8>::new(), 1)]));
    let function = Callback::<1>::new("lambda x: _bad", "src/x.rs", 7, vec![("_bad", bad)]);
    let registration = CommandReader::new().map(function).register("x");
    let error = registration.chain.check().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("'bad of the Python at src/x.rs:7"),
        "{error}"
    );
    let nothing = CommandReader::new().register("");
    assert!(
        nothing
            .chain
            .check()
            .unwrap_err()
            .to_string()
            .contains("has no prefix or trigger")
    );
}

#[test]
fn chains_print_as_python() {
    let open = KeysReader::new("person:*").values().requires("requests");
    let total = open
        .clone()
        .aggregate(0, lambda("lambda a, x: a + int(x['age'])"))
        .run();
    assert_eq!(
        total.to_string(),
        "GB(\"KeysReader\", \"person:*\").map(lambda r: r['value']).aggregate(0, lambda a, x: a + int(x['age']), \
         lambda a, r: a + r).map(_int.dump).run(convertToStr=False)"
    );
    let registered = open
        .description("d")
        .register(KeysRegister::new().event_types(["hset".to_owned()]));
    assert_eq!(
        registered.to_string(),
        "GB(\"KeysReader\", \"person:*\", desc=\"d\").map(lambda r: r['value'])\
         .register(prefix=\"person:*\", eventTypes=[\"hset\"])"
    );
    assert_eq!(registered.chain.requirements, ["requests"]);
    let command = CommandReader::new().args().register("sum");
    assert_eq!(command.trigger(), Some("sum"));
    assert!(
        command
            .python(Some("ns:sum"))
            .ends_with(".register(trigger=\"ns:sum\")")
    );
}

#[test]
fn the_mutable_builder_makes_the_same_python() {
    let mut builder = GearsBuilder::new(KeysReader::new("person:*").values());
    builder.filter(lambda("lambda p: p")).requires("six");
    let before = builder.gear_function();
    builder.count().limit(1);
    assert_eq!(
        before.clone().count().limit(1).run().to_string(),
        builder.run::<i64>().to_string()
    );
    assert_eq!(
        before.run().to_string(),
        "GB(\"KeysReader\", \"person:*\").map(lambda r: r['value']).filter(lambda p: p).run()"
    );
    let registered = builder.register("person:*");
    assert_eq!(registered.chain.requirements, ["six"]);
}

#[test]
fn first_steps_choose_types_and_events() {
    let chain = KeysReader::new("*")
        .of_type([KeyType::Hash, KeyType::Stream])
        .on_event(["hset"]);
    assert_eq!(
        chain.keys().run().to_string(),
        format!(
            "GB(\"KeysReader\", \"*\").filter(lambda r: r.get('type') in [\"hash\", \"stream\", \"unknown\"])\
             .filter(lambda r: r.get('event') in [\"hset\"]).map(lambda r: r['key']).map({}.dump)\
             .run(convertToStr=False)",
            <String as crate::GearResult>::CODEC.python()
        )
    );
    let command = CommandReader::new()
        .args_at_most(2)
        .register("x")
        .on_registered(Callback::<0>::new("lambda: None", "src/x.rs", 7, vec![]));
    assert_eq!(
        command.to_string(),
        "GB(\"CommandReader\").map(lambda r: r[1:3]).register(trigger=\"x\", onRegistered=lambda: None)"
    );
    assert!(
        command
            .to_script()
            .ends_with("onRegistered=lambda: None)\n")
    );
}

#[test]
fn requirements_of_a_chain_must_fit_together() {
    let chain = KeysReader::new("*").requires_all(["six>=1", "Six<2"]);
    let closed = chain.clone().count().run();
    let package = crate::RedgreasePackage::default();
    let required = chain.clone().register("x").chain.required(&package);
    assert_eq!(required.unwrap().to_strings(), ["six>=1,<2"]);
    drop(closed);
    let refused = chain.requires("six==3").register("x");
    let error = refused.chain.required(&package).unwrap_err();
    assert!(
        error.to_string().contains("cannot be installed together"),
        "{error}"
    );
}

#[test]
fn a_script_file_is_python() {
    let script = ScriptFile::new("gears/x.py", "def f():\n    raise ValueError('no')\n");
    let output = python(&format!(
        "{}import traceback\ntry:\n    f()\nexcept ValueError:\n    print(traceback.format_exc())",
        &*script
    ));
    assert!(
        output.contains("File \"gears/x.py\", line 2, in f\n    raise ValueError('no')"),
        "{output}"
    );
}
