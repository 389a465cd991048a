//! The jobs of the soak.

use redgrease_tools::gears::{ENDLESS, ENDLESS_ATOMIC};
use redgrease_tools::jobs::{
    Job, abort, add_up, answer, count_keys, count_words, echo, fail, get, upgrade,
};
use redgrease_tools::{Client, Outcome};
use std::thread;
use std::time::Duration;

/// The jobs, each under the name in the table at the end.
pub(crate) const JOBS: [(&str, Job); 14] = [
    ("ping", |client, _| answer(client, &["PING"], "PONG")),
    ("sync", |client, n| echo(client, "sync", n)),
    ("async", |client, n| {
        echo(client, ["async", "async_local"][n % 2], n)
    }),
    ("get", |client, n| {
        get(
            client,
            ["get_sync", "get_async", "get_async_local"][n % 3],
            n,
        )
    }),
    ("atomic", |client, n| {
        let trigger = ["atomic_sync", "atomic_async", "atomic_async_local"][n % 3];
        client.call(&["RG.TRIGGER", trigger]).map(drop)
    }),
    ("cpu", |client, n| {
        add_up(
            client,
            ["add_up_async", "add_up_async_local"][n % 2],
            100_000,
        )
    }),
    ("coroutine", |client, n| {
        echo(
            client,
            ["later_sync", "later_async", "later_async_local"][n % 3],
            n,
        )
    }),
    ("failing", |client, n| {
        fail(
            client,
            ["fail_sync", "fail_async", "fail_async_local"][n % 3],
        )
    }),
    ("event", |client, n| {
        answer(client, &["SET", &format!("ev:{}", n % 100), "x"], "OK")
    }),
    ("count keys", |client, _| count_keys(client)),
    ("count words", |client, _| count_words(client)),
    ("abort", |client, n| {
        abort(client, [ENDLESS, ENDLESS_ATOMIC][n % 2])?;
        thread::sleep(Duration::from_millis(200));
        Ok(())
    }),
    ("register", |client, n| {
        upgrade(client, ["sync", "async", "async_local"][n % 3], n)
    }),
    ("save", save),
];

/// Starts a BGSAVE or a rewrite of the AOF, for both of which the server forks. A refusal because
/// one is in progress is not a failure.
fn save(client: &mut Client, round: usize) -> Outcome {
    thread::sleep(Duration::from_millis(1500));
    let words: &[&str] = if round.is_multiple_of(2) {
        &["BGSAVE", "SCHEDULE"]
    } else {
        &["BGREWRITEAOF"]
    };
    match client.call(words) {
        Err(error) if !error.contains("in progress") && !error.contains("scheduled") => Err(error),
        _ => Ok(()),
    }
}
