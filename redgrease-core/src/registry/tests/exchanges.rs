//! Registering and healing without a server: a test performs the requests.

use super::{gear, spec};
use crate::ErrorKind;
use crate::error::{Error, Result};
use crate::gear::{Gear, GearSpec};
use crate::profile::{Options, Policy, Profile};
use crate::registry::exchange::{Exchange, Kind, Request, Step};
use crate::registry::heal::{Healed, Healer};
use crate::registry::register;
use redis::{RedisError, RedisResult, Value};

/// Performs an exchange with these answers. Returns its result and the requests.
fn perform<T>(
    mut exchange: Exchange<'_, T>,
    answer: impl Fn(&str) -> RedisResult<Value>,
) -> (T, Vec<String>) {
    let mut requests = Vec::new();
    loop {
        match exchange.step() {
            Step::Perform(Request::Send(cmd, _, _, reply)) => {
                let name = match cmd.args_iter().next() {
                    Some(redis::Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
                    _ => panic!("a command without a name"),
                };
                reply.put(answer(&name));
                requests.push(name);
            }
            Step::Perform(Request::Wait(turns, limit, reply)) => {
                reply.put(turns.wait(limit));
                requests.push("wait".to_owned());
            }
            // Servers that other tests of this process have made known.
            Step::Perform(Request::Open(_, _, reply)) => {
                reply.put(Err(Error::config("no other connection can be opened")));
            }
            Step::Perform(Request::Close(_)) => panic!("no other connection is open"),
            Step::Done(result) => return (result, requests),
        }
    }
}

/// A server without sessions that accepts every script.
fn empty(command: &str) -> Value {
    match command {
        "RG.PYDUMPSESSIONS" => Value::Array(Vec::new()),
        "INFO" => Value::BulkString(b"run_id:exchanges\r\n".to_vec()),
        _ => Value::Okay,
    }
}

/// The same server behind a connection that drops the answer to a script.
fn impatient(command: &str) -> RedisResult<Value> {
    match command {
        "RG.PYEXECUTE" => Err(RedisError::from(std::io::Error::from(
            std::io::ErrorKind::TimedOut,
        ))),
        _ => Ok(empty(command)),
    }
}

/// An error line of a server.
fn refusal(line: &str) -> RedisResult<Value> {
    redis::parse_redis_value(format!("-{line}\r\n").as_bytes())?.extract_error()
}

/// A session in the reply to `RG.PYDUMPSESSIONS VERBOSE`, with one registration.
fn row(id: &str, description: &str) -> Value {
    let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
    let registration = vec![
        text("id"),
        text("0-1"),
        text("reader"),
        text("CommandReader"),
        text("RegistrationData"),
        Value::Array(vec![
            text("args"),
            Value::Array(vec![text("trigger"), text("theirs")]),
        ]),
    ];
    Value::Array(vec![
        text("ID"),
        text(id),
        text("sessionDescription"),
        text(description),
        text("registrations"),
        Value::Array(vec![Value::Array(registration)]),
    ])
}

/// The description of a session of another program.
const THEIRS: &str = r#"{"version":"1.0.0","hash":"x","gears":{"theirs":"1"},"owner":{"package":"pkg","repository":"git.acme.io/b/pkg"}}"#;
/// The description of a session of this program.
const OURS: &str = r#"{"version":"1.0.0","hash":"x","gears":{"theirs":"1"},"owner":{"package":"pkg","repository":"git.acme.io/team/pkg"}}"#;

/// Performs a registration with a server that answers each command in turn. Returns the options of the scripts, too.
fn answered(
    mut answers: Vec<(&str, RedisResult<Value>)>,
) -> (Result<crate::Report>, Vec<Vec<String>>) {
    let mut exchange = registering(Kind::Blocking);
    let mut sent = Vec::new();
    answers.reverse();
    loop {
        match exchange.step() {
            Step::Perform(Request::Send(cmd, _, _, reply)) => {
                let words: Vec<String> = cmd
                    .args_iter()
                    .filter_map(|arg| match arg {
                        redis::Arg::Simple(word) => {
                            Some(String::from_utf8_lossy(word).into_owned())
                        }
                        _ => None,
                    })
                    .collect();
                let (name, answer) = answers.pop().expect(&words[0]);
                assert_eq!(words[0], name);
                if name == "RG.PYEXECUTE" {
                    sent.push(words[2..].to_vec());
                }
                reply.put(answer);
            }
            Step::Done(result) => {
                assert!(answers.is_empty(), "{answers:?}");
                return (result, sent);
            }
            Step::Perform(_) => panic!("nothing else is needed"),
        }
    }
}

const LIST: &str = "RG.PYDUMPSESSIONS";
const SEND: &str = "RG.PYEXECUTE";

fn has(words: &[String], word: &str) -> bool {
    words.iter().any(|one| one == word)
}

#[test]
fn a_program_that_starts_at_the_same_time_is_not_replaced() {
    let (report, sent) = answered(vec![
        (LIST, Ok(Value::Array(Vec::new()))),
        (SEND, refusal("Session pkg already exists")),
        (LIST, Ok(Value::Array(vec![row("pkg", THEIRS)]))),
    ]);
    let error = report.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::SessionOwned { is_other: true, .. }),
        "{error}"
    );
    assert!(!has(&sent[0], "UPGRADE"));
}

#[test]
fn a_session_that_was_replaced_meanwhile_is_compared_again() {
    let changed = "Session pkg has changed: its description is not that of IF_DESCRIPTION";
    // By another program.
    let (report, sent) = answered(vec![
        (LIST, Ok(Value::Array(vec![row("pkg", OURS)]))),
        (SEND, refusal(changed)),
        (LIST, Ok(Value::Array(vec![row("pkg", THEIRS)]))),
    ]);
    let error = report.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::SessionOwned { .. }),
        "{error}"
    );
    assert!(has(&sent[0], "UPGRADE") && has(&sent[0], OURS));
    // By a newer version of this program, which stays.
    let newer = OURS.replace("1.0.0", "2.0.0");
    let (report, _) = answered(vec![
        (LIST, Ok(Value::Array(vec![row("pkg", OURS)]))),
        (SEND, refusal(changed)),
        (LIST, Ok(Value::Array(vec![row("pkg", &newer)]))),
    ]);
    let action = report.unwrap().sessions.remove(0).action;
    assert_eq!(
        action,
        crate::Action::KeptNewer {
            version: "2.0.0".to_owned()
        }
    );
    // By an older one, which is replaced.
    let older = OURS.replace("1.0.0", "0.9.0");
    let (report, sent) = answered(vec![
        (LIST, Ok(Value::Array(vec![row("pkg", OURS)]))),
        (SEND, refusal(changed)),
        (LIST, Ok(Value::Array(vec![row("pkg", &older)]))),
        (SEND, Ok(Value::Okay)),
    ]);
    report.unwrap();
    assert!(has(&sent[1], &older));
}

#[test]
fn programs_that_never_stop_registering_are_an_error() {
    let round = [
        (LIST, Ok(Value::Array(Vec::new()))),
        (SEND, refusal("Session pkg already exists")),
    ];
    let rounds: Vec<_> = (0..5).flat_map(|_| round.clone()).collect();
    let (report, sent) = answered(rounds);
    assert!(report.unwrap_err().to_string().contains("5 times"));
    assert_eq!(sent.len(), 5);
}

#[test]
fn a_server_that_does_not_know_the_guards_gets_the_script_without_them() {
    let (report, sent) = answered(vec![
        (LIST, Ok(Value::Array(vec![row("pkg", OURS)]))),
        (
            SEND,
            refusal("ERR Unknown arguments were given: IF_DESCRIPTION"),
        ),
        (SEND, Ok(Value::Okay)),
    ]);
    report.unwrap();
    assert!(has(&sent[1], "UPGRADE") && !has(&sent[1], "IF_DESCRIPTION"));
}

fn registering(kind: Kind) -> Exchange<'static, Result<crate::Report>> {
    let options = Options::new().gears(&[gear("sent", spec("sent", ""))]);
    register::exchange(kind, &options, None).unwrap()
}

/// A gear with the name of its package, which no other test uses.
fn lost(package: &'static str) -> &'static Gear {
    gear(
        package,
        GearSpec {
            package,
            krate: package,
            ..spec(package, "")
        },
    )
}

#[test]
fn registering_compares_and_sends() {
    let (report, requests) = perform(registering(Kind::Blocking), |cmd| Ok(empty(cmd)));
    assert_eq!(requests, ["RG.PYDUMPSESSIONS", "RG.PYEXECUTE"]);
    assert_eq!(report.unwrap().registered().collect::<Vec<_>>(), ["sent"]);
}

#[test]
fn a_timeout_ends_a_blocking_registration() {
    let (report, requests) = perform(registering(Kind::Blocking), impatient);
    assert_eq!(requests, ["RG.PYDUMPSESSIONS", "RG.PYEXECUTE"]);
    assert!(report.unwrap_err().is_timeout());
}

#[cfg(feature = "aio")]
#[test]
fn after_a_timeout_an_async_registration_asks_for_the_sessions() {
    let (report, requests) = perform(registering(Kind::Async), impatient);
    let expected = ["RG.PYDUMPSESSIONS", "RG.PYEXECUTE", "RG.PYDUMPSESSIONS"];
    assert_eq!(requests, expected);
    let error = report.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Registration { .. }),
        "{error}"
    );
}

#[test]
fn one_attempt_heals_all_calls_that_were_sent_before_it() {
    let gear = lost("lost");
    let (first, second) = (Healer::new(gear), Healer::new(gear));
    let (healed, requests) = perform(first.exchange(Kind::Blocking, None, None), |cmd| {
        Ok(empty(cmd))
    });
    assert!(matches!(healed, Ok(Healed::Retry)));
    let expected = ["INFO", "wait", "RG.PYDUMPSESSIONS", "RG.PYEXECUTE"];
    assert_eq!(requests, expected);
    let (healed, requests) = perform(second.exchange(Kind::Blocking, None, None), |cmd| {
        Ok(empty(cmd))
    });
    assert!(matches!(healed, Ok(Healed::Retry)));
    assert_eq!(requests, ["INFO", "wait"]);
    let (_, requests) = perform(
        Healer::new(gear).exchange(Kind::Blocking, None, None),
        |cmd| Ok(empty(cmd)),
    );
    assert_eq!(requests, expected);
}

#[test]
fn a_failed_attempt_fails_the_calls_that_waited_for_it() {
    let gear = lost("broken");
    let (first, second) = (Healer::new(gear), Healer::new(gear));
    let (healed, _) = perform(first.exchange(Kind::Blocking, None, None), impatient);
    assert!(healed.unwrap_err().is_timeout());
    let (healed, requests) = perform(second.exchange(Kind::Blocking, None, None), |cmd| {
        Ok(empty(cmd))
    });
    assert!(healed.unwrap_err().is_timeout());
    assert_eq!(requests, ["INFO", "wait"]);
}

/// A call whose policy is to register nothing names the other program, as a start does.
#[test]
fn the_other_program_is_named_by_a_call_that_registers_nothing() {
    let gear = lost("pkg");
    let refusal = |sessions: fn() -> RedisResult<Value>| {
        let options = Options::new().policy(Policy::Never).gears(&[gear]);
        let profile = Profile::of(&options).unwrap();
        let exchange = Exchange::new(Kind::Blocking, None, |link| async move {
            Healer::new(gear).refused(&link, &profile).await
        });
        match perform(exchange, |_| sessions()) {
            (Some(Healed::Refused(reason)), _) => reason,
            other => panic!("{other:?}"),
        }
    };
    let owned = refusal(|| Ok(Value::Array(vec![row("pkg", THEIRS)])));
    for part in ["policy `Never`", "git.acme.io/b/pkg", "another program"] {
        assert!(owned.contains(part), "{owned}");
    }
    for sessions in [|| Ok(Value::Array(Vec::new())), || refusal_of_rights()] {
        let text = refusal(sessions);
        assert!(
            text.ends_with("start the program that registers it"),
            "{text}"
        );
    }
}

fn refusal_of_rights() -> RedisResult<Value> {
    refusal("NOPERM this user has no permissions to run the 'rg.pydumpsessions' command")
}
