//! The jobs of the stress test.

use crate::listings;
use redgrease_tools::gears::{ENDLESS, ENDLESS_ATOMIC};
use redgrease_tools::jobs::{
    Job, abort, add_up, answer, count_keys, count_words, echo, fail, get, upgrade,
};
use redgrease_tools::{Client, Outcome};
use std::thread;
use std::time::Duration;

/// The jobs, each under the name in the report.
pub(crate) const JOBS: [(&str, Job); 24] = [
    ("ping", |client, _| answer(client, &["PING"], "PONG")),
    ("sync", |client, n| echo(client, "sync", n)),
    ("sync", |client, n| echo(client, "sync", n)),
    ("async", |client, n| echo(client, "async", n)),
    ("async_local", |client, n| echo(client, "async_local", n)),
    ("get sync", |client, n| get(client, "get_sync", n)),
    ("get async", |client, n| get(client, "get_async", n)),
    ("get async_local", |client, n| {
        get(client, "get_async_local", n)
    }),
    ("atomic", |client, _| {
        call(client, &["RG.TRIGGER", "atomic_sync"])
    }),
    ("atomic", |client, _| {
        call(client, &["RG.TRIGGER", "atomic_async"])
    }),
    ("atomic", |client, _| {
        call(client, &["RG.TRIGGER", "atomic_async"])
    }),
    ("atomic", |client, _| {
        call(client, &["RG.TRIGGER", "atomic_async_local"])
    }),
    ("cpu async", |client, _| {
        add_up(client, "add_up_async", 300_000)
    }),
    ("cpu sync", |client, _| add_up(client, "add_up_sync", 3_000)),
    ("nested sync", |client, n| echo(client, "nested_sync", n)),
    ("nested async", |client, n| echo(client, "nested_async", n)),
    ("nested async_local", |client, n| {
        echo(client, "nested_async_local", n)
    }),
    ("failing", |client, n| {
        fail(
            client,
            ["fail_sync", "fail_async", "fail_async_local"][n % 3],
        )
    }),
    ("count keys", |client, _| count_keys(client)),
    ("count words", |client, _| count_words(client)),
    ("abort", |client, n| {
        abort(
            client,
            if n.is_multiple_of(2) {
                ENDLESS
            } else {
                ENDLESS_ATOMIC
            },
        )
    }),
    ("register", register),
    ("upgrade", |client, n| upgrade(client, "async", n)),
    ("bgsave", |client, _| bgsave(client)),
];

fn call(client: &mut Client, words: &[&str]) -> Outcome {
    client.call(words).map(drop)
}

/// Registers a command, triggers it and unregisters it.
fn register(client: &mut Client, round: usize) -> Outcome {
    let session = format!("churn-{round}");
    let mode = ["sync", "async", "async_local"][round % 3];
    let script = format!(
        "GB('CommandReader').map(lambda x: {round}).register(trigger='{session}', mode='{mode}')"
    );
    answer(client, &["RG.PYEXECUTE", &script, "ID", &session], "OK")?;
    answer(client, &["RG.TRIGGER", &session], &format!("[{round}]"))?;
    for id in listings::registrations(client, &session)? {
        answer(client, &["RG.UNREGISTER", &id], "OK")?;
    }
    match client.call(&["RG.TRIGGER", &session]) {
        Err(error) if error.contains("subcommand not found") => Ok(()),
        other => Err(format!("{session} was unregistered, but: {other:?}")),
    }
}

fn bgsave(client: &mut Client) -> Outcome {
    thread::sleep(Duration::from_millis(500));
    match call(client, &["BGSAVE", "SCHEDULE"]) {
        // On a slow machine the previous one may still be in progress.
        Err(error) if !error.contains("already in progress") => Err(error),
        _ => Ok(()),
    }
}
