//! Registering and healing without a server: a test performs the requests.

use super::{gear, spec};
use crate::ErrorKind;
use crate::error::Result;
use crate::gear::{Gear, GearSpec};
use crate::profile::Options;
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
            Step::Perform(Request::Send(cmd, _, reply)) => {
                let name = match cmd.args_iter().next() {
                    Some(redis::Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
                    _ => panic!("a command without a name"),
                };
                reply.put(answer(&name));
                requests.push(name);
            }
            Step::Perform(Request::Wait(turns, reply)) => {
                reply.put(turns.wait());
                requests.push("wait".to_owned());
            }
            Step::Perform(Request::Open(..) | Request::Close(_)) => {
                panic!("no other connection is known")
            }
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
    let (healed, requests) = perform(first.exchange(Kind::Blocking, None), |cmd| Ok(empty(cmd)));
    assert!(matches!(healed, Ok(Healed::Retry)));
    let expected = ["INFO", "wait", "RG.PYDUMPSESSIONS", "RG.PYEXECUTE"];
    assert_eq!(requests, expected);
    let (healed, requests) = perform(second.exchange(Kind::Blocking, None), |cmd| Ok(empty(cmd)));
    assert!(matches!(healed, Ok(Healed::Retry)));
    assert_eq!(requests, ["INFO", "wait"]);
    let (_, requests) = perform(Healer::new(gear).exchange(Kind::Blocking, None), |cmd| {
        Ok(empty(cmd))
    });
    assert_eq!(requests, expected);
}

#[test]
fn a_failed_attempt_fails_the_calls_that_waited_for_it() {
    let gear = lost("broken");
    let (first, second) = (Healer::new(gear), Healer::new(gear));
    let (healed, _) = perform(first.exchange(Kind::Blocking, None), impatient);
    assert!(healed.unwrap_err().is_timeout());
    let (healed, requests) = perform(second.exchange(Kind::Blocking, None), |cmd| Ok(empty(cmd)));
    assert!(healed.unwrap_err().is_timeout());
    assert_eq!(requests, ["INFO", "wait"]);
}
