//! `cmd` without redis-py: its calls have the results and the exceptions that they have with redis-py.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod paths;
mod random;

use common::capability::is_redis_6;
use common::{untyped, with_gears};
use redgrease::prelude::*;
use redgrease_syntax::{Problem, Source, examine};
use std::collections::BTreeSet;

const CALLS: &str = include_str!("calls.txt");
const METHODS: &str = include_str!("../../redgrease-syntax/src/commands/methods.txt");

/// Methods without a call in the list, with the reason.
const NOT_CALLED: &[(&str, &str)] = &[
    ("bgsave", "it may be busy with the save before"),
    ("bgrewriteaof", "it forks the server"),
    (
        "function_flush",
        "it could stop the server, so it is refused",
    ),
    ("latency_doctor", "redis-py does not have it"),
    ("memory_doctor", "redis-py does not have it"),
];

fn calls() -> Vec<String> {
    let lines = CALLS.lines().map(str::to_owned);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

python_module! {
    replaying {
        from datetime import datetime, timedelta

        def shown(value):
            # Sets have no order.
            if isinstance(value, (set, frozenset)):
                return "{" + ", ".join(sorted(map(shown, value))) + "}"
            if isinstance(value, list):
                return "[" + ", ".join(map(shown, value)) + "]"
            if isinstance(value, tuple):
                return "(" + ", ".join(map(shown, value)) + ")"
            if isinstance(value, dict):
                return "{" + ", ".join(shown(k) + ": " + shown(v) for k, v in value.items()) + "}"
            return repr(value)

        def outcome(commands, call):
            try:
                return shown(eval(call, {"cmd": commands, "datetime": datetime, "timedelta": timedelta}))
            except Exception as error:
                kind = type(error)
                # Only the errors of the server have the same texts.
                is_reply = any(above.__name__ == "ResponseError" for above in kind.__mro__)
                return kind.__name__ + (": " + str(error) if is_reply else "")
    }
}

#[gear_command(mode = "sync", module = replaying)]
fn own(calls: Vec<String>) -> Vec<String> {
    python! { return [outcome(cmd, call) for call in calls] }
}

#[gear_command(mode = "sync", module = replaying, requirements = ["redis"])]
fn with_redis_py(calls: Vec<String>) -> Vec<String> {
    python! { return [outcome(cmd, call) for call in calls] }
}

#[gear_command(mode = "sync")]
fn signatures() -> Vec<String> {
    python! {
        import inspect

        for name in dir(cmd):
            method = getattr(cmd, name)
            if isinstance(method, type):
                continue
            words = []
            for one in inspect.signature(method).parameters.values():
                if one.kind is one.KEYWORD_ONLY and not any(word.startswith("*") for word in words):
                    words.append("*")
                default = "float" if one.default is float else repr(one.default)
                stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
                words.append(stars + one.name + ("" if one.default is one.empty else "=" + default))
            refused = method.__name__ == "refuse"
            yield "!" + name if refused else name + "(" + ", ".join(words) + ")"
    }
}

#[test]
fn the_own_commands_answer_as_redis_py_does() {
    let calls = calls();
    let (server, mut con) = with_gears(&[own::GEAR]);
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "0"]);
    let own = own(&mut con, calls.clone()).unwrap();
    drop(server.stop());

    let (server, mut con) = with_gears(&[with_redis_py::GEAR]);
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "0"]);
    let theirs = with_redis_py(&mut con, calls.clone()).unwrap();
    assert!(untyped(&server, &["RG.PYDUMPREQS"]).contains("redis"));

    let different: Vec<String> = calls
        .iter()
        .zip(own.iter().zip(&theirs))
        .filter(|(_, (own, theirs))| own != theirs)
        .map(|(call, (own, theirs))| format!("{call}\n  own:      {own}\n  redis-py: {theirs}"))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
    for (call, outcome) in calls.iter().zip(&own) {
        let is_exception = outcome
            .split(':')
            .next()
            .is_some_and(|kind| kind.ends_with("Error"));
        let refused = refused_at_compile_time(call);
        assert!(
            is_exception || refused.is_empty(),
            "{call}: {outcome}: {refused:?}"
        );
    }
    // The comparison is not one of commands that the server lacks.
    let unknown = |text: &&String| text.contains("unknown command");
    let known = own.len() - own.iter().filter(unknown).count();
    assert!(is_redis_6(&server) || known > 300, "{known}");
}

/// The findings about the arguments of a call.
fn refused_at_compile_time(call: &str) -> Vec<String> {
    let text = format!(" return {call}");
    let findings = examine(&Source::body("replayed", &[], &text)).findings;
    findings
        .iter()
        .filter(|one| matches!(one.problem, Problem::MethodArguments { .. }))
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_list_has_every_method_and_the_calls_try_each() {
    let (_server, mut con) = with_gears(&[signatures::GEAR]);
    let listed: BTreeSet<String> = METHODS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let there: BTreeSet<String> = signatures(&mut con).unwrap().into_iter().collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    let wrong: Vec<_> = listed.difference(&there).collect();
    assert!(
        missing.is_empty() && wrong.is_empty(),
        "not in the list: {missing:?}\nnot in the engine: {wrong:?}"
    );
    for line in listed.iter().filter(|line| !line.starts_with('!')) {
        let name = line.split('(').next().unwrap();
        let is_called = CALLS.contains(&format!("cmd.{name}("));
        let is_left_out = NOT_CALLED.iter().any(|(left_out, _)| *left_out == name);
        assert!(is_called != is_left_out, "{name}");
    }
}
