//! Calls of gears: connections, modes, errors, timeouts, pipelines.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::{shards, started_anywhere};
use common::{calls_of, line_of, plain_connection, started, untyped};
use redgrease::prelude::*;
use redgrease::{Call, PerShard, pipe};
use std::time::{Duration, Instant};

const SOURCE: &str = include_str!("calls.rs");

#[gear_command]
fn add(left: i64, right: i64) -> i64 {
    python! {
        return left + right
    }
}

#[gear_command(mode = "sync")]
fn add_on_main_thread(left: i64, right: i64) -> i64 {
    python! {
        return left + right
    }
}

#[gear_command(mode = "async")]
fn add_everywhere(left: i64, right: i64) -> PerShard<i64> {
    python! {
        return left + right
    }
}

#[gear_command(trigger = "lookup-by-name", description = "Finds nothing")]
fn lookup(key: &str) -> i64 {
    python! {
        d = {}
        return d[key]
    }
}

#[gear_command]
fn raises_elsewhere(text: &str) -> serde_json::Value {
    python! {
        import json
        return json.loads(text)
    }
}

#[gear_command]
fn leaves() -> i64 {
    python! {
        raise SystemExit("leaving")
    }
}

#[gear_command]
fn wrong_result() -> i64 {
    python! {
        return "seven"
    }
}

#[gear_command]
fn slow(seconds: f64) -> String {
    python! {
        import time
        time.sleep(seconds)
        return "done"
    }
}

#[gear_command]
fn count(counter: &str) -> i64 {
    python! {
        return execute("incr", counter)
    }
}

#[gear_command]
fn median(numbers: Vec<f64>) -> f64 {
    python!(file = "tests/gears/median.py")
}

#[test]
fn every_mode_answers() {
    let (server, mut con) = started_anywhere();
    assert_eq!(add(&mut con, 20, 22).unwrap(), 42);
    assert_eq!(add_on_main_thread(&mut con, 20, 22).unwrap(), 42);
    assert_eq!(
        add_everywhere(&mut con, 20, 22).unwrap(),
        PerShard(vec![42; shards()])
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", "add", "20", "22"]), "42");
}

#[test]
fn every_blocking_connection_can_call() {
    let (server, con) = started_anywhere();
    let client = redis::Client::open(server.url()).unwrap();
    assert_eq!(add(&mut client.get_connection().unwrap(), 1, 2).unwrap(), 3);
    assert_eq!(add(&mut client.clone(), 1, 2).unwrap(), 3);
    assert_eq!(
        add(&mut Box::new(client.get_connection().unwrap()), 1, 2).unwrap(),
        3
    );
    let mut con = con;
    let dynamic: &mut dyn redis::ConnectionLike = &mut con;
    assert_eq!(add(dynamic, 1, 2).unwrap(), 3);
    // `Con` is a connection for other crates, too.
    let pong: String = redis::cmd("PING").query(&mut con).unwrap();
    assert_eq!(pong, "PONG");
}

#[test]
fn an_exception_points_at_the_line_of_this_file() {
    let (_server, mut con) = started_anywhere();
    let error = lookup(&mut con, "a b").unwrap_err();
    let raised = error.as_gear().unwrap();
    assert_eq!(
        (raised.trigger.as_str(), raised.exception.as_str()),
        ("lookup-by-name", "KeyError")
    );
    let frame = raised.frame().unwrap();
    assert_eq!(frame.file, "tests/calls.rs");
    assert_eq!(frame.line, line_of(SOURCE, "return d[key]"));
    assert_eq!(frame.function, "lookup");
    let text = error.to_string();
    assert!(text.contains("        return d[key]"), "{text}");
    assert!(
        text.starts_with("gear `lookup-by-name`: KeyError: 'a b'"),
        "{text}"
    );
}

#[test]
fn an_exception_of_a_library_points_at_the_call() {
    let (_server, mut con) = started_anywhere();
    let error = raises_elsewhere(&mut con, "{").unwrap_err();
    let raised = error.as_gear().unwrap();
    assert_eq!(raised.exception, "json.decoder.JSONDecodeError");
    assert_eq!(
        raised.frame().unwrap().line,
        line_of(SOURCE, "return json.loads(text)")
    );
    assert!(raised.frames.last().unwrap().file.ends_with("decoder.py"));
}

#[test]
fn every_failure_is_an_error() {
    let (_server, mut con) = started_anywhere();
    let error = leaves(&mut con).unwrap_err();
    assert_eq!(error.as_gear().unwrap().exception, "SystemExit");
    let error = wrong_result(&mut con).unwrap_err();
    assert_eq!(
        error.as_gear().unwrap().message,
        "result: str 'seven' is not an integer"
    );
    assert_eq!(
        error.as_gear().unwrap().frame().unwrap().file,
        "tests/calls.rs"
    );
    // The connection remains in sync.
    assert_eq!(add(&mut con, 1, 2).unwrap(), 3);
}

#[test]
fn a_gear_can_be_a_file() {
    let (_server, mut con) = started_anywhere();
    assert!((median(&mut con, vec![3.0, 1.0, 2.0]).unwrap() - 2.0).abs() < 1e-9);
    let error = median(&mut con, vec![]).unwrap_err();
    let frame = error.as_gear().unwrap().frame().unwrap();
    assert!(
        frame.file.ends_with("tests/gears/median.py"),
        "{}",
        frame.file
    );
    assert_eq!(
        frame.line,
        line_of(include_str!("gears/median.py"), "raise ValueError")
    );
    assert_eq!(frame.function, "checked");
}

#[test]
fn a_call_can_have_a_timeout() {
    let (_server, mut con) = started_anywhere();
    let begun = Instant::now();
    let error = slow::call(5.0)
        .timeout(Duration::from_millis(100))
        .on(&mut con)
        .unwrap_err();
    assert!(
        error.is_timeout() && begun.elapsed() < Duration::from_secs(3),
        "{error}"
    );
    assert!(
        error.to_string().contains("gear `slow` (tests/calls.rs:"),
        "{error}"
    );
    assert!(error.to_string().contains("within 100ms"), "{error}");
    // The late reply is not mistaken for the reply of the next call.
    assert_eq!(add(&mut con, 1, 2).unwrap(), 3);
    assert_eq!(
        slow::call(0.0)
            .timeout(Duration::from_secs(30))
            .on(&mut con)
            .unwrap(),
        "done"
    );
    // A call without a timeout waits.
    assert_eq!(slow(&mut con, 1.0).unwrap(), "done");
}

#[test]
fn a_timeout_that_a_connection_cannot_enforce_is_refused() {
    let (server, _con) = started();
    let mut foreign = plain_connection(&server);
    let call = count::call("refused").timeout(Duration::from_secs(1));
    let error = call.on(&mut foreign).unwrap_err();
    assert!(
        error.to_string().contains("redgrease::connect(..)"),
        "{error}"
    );
    assert_eq!(untyped(&server, &["EXISTS", "refused"]), "0");
}

#[test]
fn pipelines_answer_each_call() {
    let (server, mut con) = started();
    let before = calls_of(&server, "rg.trigger");
    let calls: (Call<i64>, Vec<Call<i64>>, Call<String>) = (
        add::call(1, 2),
        vec![add::call(3, 4), lookup::call("x")],
        slow::call(0.0),
    );
    let (three, list, done) = pipe(calls).on(&mut con).unwrap();
    assert_eq!(three.unwrap(), 3);
    assert_eq!(list[0].as_ref().unwrap(), &7);
    assert_eq!(
        list[1].as_ref().unwrap_err().as_gear().unwrap().exception,
        "KeyError"
    );
    assert_eq!(done.unwrap(), "done");
    assert_eq!(calls_of(&server, "rg.trigger"), before + 4);
}

#[test]
fn the_request_of_a_call_can_be_sent_without_redgrease() {
    let (server, mut con) = started_anywhere();
    let value: redis::Value = add::request(1, 2).unwrap().query(&mut con).unwrap();
    assert_eq!(add::decode(value).unwrap(), 3);
    assert_eq!(add::GEAR.trigger(), Some("add"));
    assert_eq!(lookup::GEAR.trigger(), Some("lookup-by-name"));
    assert!(untyped(&server, &["RG.DUMPREGISTRATIONS"]).contains("Finds nothing"));
}

/// The server hands the key over as the first argument, so the gear must take it as that.
#[test]
fn a_call_on_a_key_has_the_key_as_its_first_argument() {
    let (_server, mut con) = started_anywhere();
    let on_key = || lookup::call("x").on_key("x");
    assert_eq!(on_key().to_cmd().unwrap().args_iter().count(), 3);
    // The gear ran with this argument alone: it found nothing.
    let error = on_key().on(&mut con).unwrap_err();
    assert_eq!(error.as_gear().unwrap().exception, "KeyError");
    for error in [
        add::call(1, 2).on_key("a").to_cmd().unwrap_err(),
        lookup::call("x").on_key("y").on(&mut con).unwrap_err(),
    ] {
        assert!(error.to_string().contains("first argument"), "{error}");
    }
}

#[cfg(feature = "aio")]
mod nonblocking {
    use super::*;
    use redgrease::connect_async;
    use redis::aio::ConnectionManager;

    #[gear_command]
    async fn multiply(left: i64, right: i64) -> i64 {
        python! {
            return left * right
        }
    }

    #[gear_command]
    async fn multiply_later(left: i64, right: i64) -> i64 {
        python! {
            import asyncio
            await asyncio.sleep(0.01)
            return left * right
        }
    }

    #[gear_command]
    async fn fails_later(text: &str) -> i64 {
        python! {
            import asyncio
            await asyncio.sleep(0.01)
            return int(text)
        }
    }

    #[gear_command]
    async fn sleepy(seconds: f64) -> String {
        python! {
            import time
            time.sleep(seconds)
            return "done"
        }
    }

    #[tokio::test]
    async fn coroutines_answer_and_fail_like_functions() {
        let (server, _con) = started_anywhere();
        let mut con = connect_async(server.url()).await.unwrap();
        assert_eq!(multiply_later(&mut con, 6, 7).await.unwrap(), 42);
        let error = fails_later(&mut con, "x").await.unwrap_err();
        let raised = error.as_gear().unwrap();
        assert_eq!(raised.exception, "ValueError");
        assert_eq!(
            raised.frame().unwrap().line,
            line_of(SOURCE, "return int(text)")
        );
    }

    #[tokio::test]
    async fn every_async_connection_can_call() {
        let (server, _con) = started_anywhere();
        let client = redis::Client::open(server.url()).unwrap();
        let mut multiplexed = client.get_multiplexed_async_connection().await.unwrap();
        assert_eq!(multiply(&mut multiplexed, 6, 7).await.unwrap(), 42);
        let mut manager = ConnectionManager::new(client).await.unwrap();
        assert_eq!(multiply(&mut manager, 6, 7).await.unwrap(), 42);
        let mut ours = connect_async(server.url()).await.unwrap();
        let dynamic: &mut (dyn redis::aio::ConnectionLike + Send) = &mut ours;
        assert_eq!(multiply(dynamic, 6, 7).await.unwrap(), 42);
        let mut shared = ours.clone();
        let task = tokio::spawn(async move { multiply(&mut shared, 1, 2).await });
        assert_eq!(task.await.unwrap().unwrap(), 2);
        assert_eq!(add::call(1, 2).on_async(&mut ours).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn only_the_connections_of_redgrease_wait_for_slow_gears() {
        let (server, _con) = started_anywhere();
        let mut ours = connect_async(server.url()).await.unwrap();
        assert_eq!(sleepy(&mut ours, 1.0).await.unwrap(), "done");
        let error = sleepy::call(5.0)
            .timeout(Duration::from_millis(100))
            .on_async(&mut ours)
            .await
            .unwrap_err();
        assert!(
            error.is_timeout() && error.to_string().contains("within 100ms"),
            "{error}"
        );

        let client = redis::Client::open(server.url()).unwrap();
        let mut foreign = client.get_multiplexed_async_connection().await.unwrap();
        let error = sleepy(&mut foreign, 2.0).await.unwrap_err();
        assert!(
            error.is_timeout() && error.to_string().contains("connect"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn pipelines_answer_each_call() {
        let (server, _con) = started_anywhere();
        let mut con = connect_async(server.url()).await.unwrap();
        let (product, sum) = pipe((multiply::call(6, 7), add::call(1, 2)))
            .on_async(&mut con)
            .await
            .unwrap();
        assert_eq!((product.unwrap(), sum.unwrap()), (42, 3));
    }
}
