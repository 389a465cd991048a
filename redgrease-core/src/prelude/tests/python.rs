//! Python for the tests of the prelude: `harness.py` in a child process, in place of a server.

use crate::gear::{Gear, GearKind, GearSpec, Mode, Program, SourceForm};
use crate::location::Location;
use crate::registry::{GearSet, Owner, Script, placed};
use crate::{Call, GearReply, Result};
use crate::{DecodeError, EncodeError, Writer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use redis::Value;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running Python.
pub(crate) struct Python {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Whether the server waits for coroutines.
    pub(super) waits_for_coroutines: bool,
}

impl Python {
    pub(crate) fn start() -> Self {
        Python::program("python3".into())
    }

    pub(crate) fn program(program: PathBuf) -> Self {
        let mut child = Command::new(program)
            .args(["-c", include_str!("harness.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Python {
            child,
            requests,
            answers,
            waits_for_coroutines: true,
        }
    }

    fn ask(&mut self, request: &serde_json::Value) -> redis::RedisResult<Value> {
        writeln!(self.requests, "{request}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "Python ended: its error stands above");
        let answer: serde_json::Value = serde_json::from_str(&line).unwrap();
        match answer.get("error") {
            // In the form of an error line of a server.
            Some(text) => {
                let line = format!("-{}\r\n", text.as_str().unwrap());
                redis::parse_redis_value(line.as_bytes())?.extract_error()
            }
            None => Ok(value(&answer)),
        }
    }

    /// Runs the script that registers the gears.
    pub(crate) fn register(&mut self, gears: &[&'static Gear]) -> Result<()> {
        let set = GearSet {
            id: "test".into(),
            version: "1.0.0",
            namespace: None,
            owner: Owner::default(),
            gears: gears.to_vec(),
        };
        let profile = crate::profile::default();
        let script = Script::of(&set.id, &placed(&set, &profile)?, &profile.package)?.text;
        self.ask(&json!({ "script": script, "waits_for_coroutines": self.waits_for_coroutines }))?;
        Ok(())
    }

    /// Makes a call.
    pub(crate) fn call<T>(&mut self, call: &Call<T>, pickled: bool) -> Result<T> {
        let words: Vec<_> = call
            .to_cmd()?
            .args_iter()
            .map(|arg| match arg {
                redis::Arg::Simple(bytes) => bytes.to_vec(),
                _ => panic!("a call has no cursor"),
            })
            .collect();
        let args: Vec<_> = words[2..].iter().map(|arg| BASE64.encode(arg)).collect();
        let trigger = String::from_utf8(words[1].clone()).unwrap();
        let answer = self.ask(&json!({ "trigger": trigger, "args": args, "pickled": pickled }));
        // A call has one record.
        match answer {
            Ok(record) => call.read(Value::Array(vec![record])),
            Err(e) => Err(crate::Error::of_call(e, call.gear(), &trigger)),
        }
    }
}

impl Python {
    /// Sends a command that a gear replaces.
    pub(super) fn hooked(&mut self, words: &[&str], pickled: bool) -> redis::RedisResult<Value> {
        let args: Vec<_> = words[1..].iter().map(|word| BASE64.encode(word)).collect();
        self.ask(&json!({ "trigger": words[0], "args": args, "pickled": pickled }))
    }

    /// Takes away what this engine has and RedisGears does not.
    pub(super) fn without_nil(&mut self) {
        self.ask(&json!({ "without_nil": true })).unwrap();
    }

    /// Triggers an event for a registered gear. Returns the results of its function, one per record.
    pub(super) fn happened(
        &mut self,
        key: &str,
        records: &[serde_json::Value],
        pickled: bool,
    ) -> Result<Vec<String>> {
        let answer = self
            .ask(&json!({ "happened": key, "records": records, "pickled": pickled }))
            .map_err(crate::Error::from)?;
        Ok(redis::from_redis_value(answer).unwrap())
    }

    /// Runs every timer once.
    pub(super) fn tick(&mut self) {
        self.ask(&json!({ "tick": true })).unwrap();
    }

    /// The commands that were run with `execute`.
    pub(super) fn executed(&mut self) -> Vec<String> {
        redis::from_redis_value(self.ask(&json!({ "executed": true })).unwrap()).unwrap()
    }

    /// The options that the gears were registered with.
    pub(super) fn registered_with(mut self, gears: &[&'static Gear], key: &str) -> String {
        self.register(gears).unwrap();
        redis::from_redis_value(self.ask(&json!({ "options": key })).unwrap()).unwrap()
    }
}

/// Whether stubs can be pickled.
pub(super) fn has_cloudpickle() -> bool {
    Command::new("python3")
        .args(["-c", "import cloudpickle"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn value(answer: &serde_json::Value) -> Value {
    if let Some(items) = answer.get("list") {
        return Value::Array(items.as_array().unwrap().iter().map(value).collect());
    }
    if let Some(number) = answer.get("int") {
        return Value::Int(number.as_i64().unwrap());
    }
    if let Some(line) = answer.get("line") {
        let line = format!("{}\r\n", line.as_str().unwrap());
        return redis::parse_redis_value(line.as_bytes()).unwrap();
    }
    match answer.get("bytes") {
        Some(bytes) => Value::BulkString(BASE64.decode(bytes.as_str().unwrap()).unwrap()),
        None => Value::Nil,
    }
}

/// A gear of a test.
#[allow(
    clippy::large_types_passed_by_value,
    reason = "a test writes the argument as a literal"
)]
pub(crate) fn gear(name: &'static str, spec: GearSpec) -> &'static Gear {
    Box::leak(Box::new(Gear::new(name, spec)))
}

/// The description of a command without arguments that returns nothing.
pub(crate) fn spec(trigger: &'static str, source: &'static str) -> GearSpec {
    GearSpec {
        package: "pkg",
        krate: "pkg",
        bin: None,
        version: "1.0.0",
        program: Program::new("", "https://git.acme.io/team/pkg", "", "", "", ""),
        kind: GearKind::Command {
            trigger,
            mode: Mode::AsyncLocal,
            in_order: false,
            hook: None,
        },
        args: &[],
        ret: crate::Codec::Unit,
        source,
        form: SourceForm::Body,
        source_file: "src/gears.rs",
        source_line: 10,
        coroutine: false,
        names: &[],
        requirements: &[],
        description: None,
        python: (3, 7),
        location: Location::new("src/gears.rs", 9, 8),
        doc: "",
        path: "",
        rest: false,
        count_calls: false,
        replace: None,
        module: None,
        on_registered: None,
    }
}

/// A call with one argument, as the macro would make it.
pub(crate) fn call<A: crate::GearArg, R: GearReply>(gear: &'static Gear, arg: &A) -> Call<R> {
    call_with(gear, |w| arg.encode(w))
}

pub(crate) fn call_with<R: GearReply>(
    gear: &'static Gear,
    arg: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
) -> Call<R> {
    let decode: fn(Value) -> Result<R, DecodeError> = R::from_reply;
    Call::of(gear, |args| arg(args.arg()), decode)
}

/// The Python of the system, and the Pythons of a version manager.
pub(crate) fn pythons() -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("python3")];
    let versions = std::env::home_dir()
        .unwrap_or_default()
        .join(".pyenv/versions");
    let mut installed: Vec<_> = std::fs::read_dir(versions)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .collect();
    installed.sort();
    for version in ["3.7", "3.9", "3.12", "3.13"] {
        let is_it = |path: &&PathBuf| {
            path.file_name()
                .and_then(|n| n.to_str())
                .is_some_and(|n| n.starts_with(&format!("{version}.")))
        };
        match installed.iter().find(is_it) {
            Some(path) => found.push(path.join("bin/python3")),
            None => eprintln!("skipped: Python {version} is not installed"),
        }
    }
    found
}
