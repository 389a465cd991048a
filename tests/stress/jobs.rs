//! What the clients do, over and over. Each checks its answer.

use crate::client::{Client, text_of};
use crate::gears::{ENDLESS, ENDLESS_ATOMIC, KEYS};
use std::thread;
use std::time::Duration;

/// One thing to do once. The number tells one round from another.
pub(crate) type Job = fn(&mut Client, usize) -> Result<(), String>;

/// Jobs with the name they are reported under, each done by a client of its own.
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
    ("upgrade", upgrade),
    ("bgsave", |client, _| bgsave(client)),
];

fn call(client: &mut Client, words: &[&str]) -> Result<(), String> {
    client.call(words).map(drop)
}

fn answer(client: &mut Client, words: &[&str], expected: &str) -> Result<(), String> {
    let got = text_of(&client.call(words)?);
    if got == expected {
        Ok(())
    } else {
        Err(format!("{words:?}: {got}, not {expected}"))
    }
}

fn echo(client: &mut Client, trigger: &str, round: usize) -> Result<(), String> {
    let text = format!("text {round}");
    answer(
        client,
        &["RG.TRIGGER", trigger, &text],
        &format!("[{text}]"),
    )
}

fn get(client: &mut Client, trigger: &str, round: usize) -> Result<(), String> {
    let key = round % KEYS;
    let value = format!("[some words here {}]", key % 7);
    answer(
        client,
        &["RG.TRIGGER", trigger, &format!("k:{key}")],
        &value,
    )
}

fn add_up(client: &mut Client, trigger: &str, upto: usize) -> Result<(), String> {
    let total = upto * (upto - 1) / 2;
    answer(
        client,
        &["RG.TRIGGER", trigger, &upto.to_string()],
        &format!("[{total}]"),
    )
}

fn fail(client: &mut Client, trigger: &str) -> Result<(), String> {
    match client.call(&["RG.TRIGGER", trigger]) {
        Err(error) if error.contains("ZeroDivisionError") => Ok(()),
        other => Err(format!(
            "{trigger} must fail with its own error, but: {other:?}"
        )),
    }
}

fn count_keys(client: &mut Client) -> Result<(), String> {
    let script = "GB('KeysReader').count().run('k:*')";
    answer(
        client,
        &["RG.PYEXECUTE", script],
        &format!("[[{KEYS}], []]"),
    )
}

fn count_words(client: &mut Client) -> Result<(), String> {
    let script = "
GB('KeysReader').flatmap(lambda x: x['value'].split()).countby(lambda x: x) \\
    .filter(lambda x: x['key'] == 'words').map(lambda x: x['value']).run('k:*')
";
    answer(
        client,
        &["RG.PYEXECUTE", script],
        &format!("[[{KEYS}], []]"),
    )
}

/// Starts something endless, aborts it, and makes sure that it has ended.
fn abort(client: &mut Client, script: &str) -> Result<(), String> {
    let id = text_of(&client.call(&["RG.PYEXECUTE", script, "UNBLOCKING"])?);
    thread::sleep(Duration::from_millis(20));
    answer(client, &["RG.ABORTEXECUTION", &id], "OK")?;
    call(client, &["RG.GETRESULTSBLOCKING", &id])?;
    answer(client, &["RG.DROPEXECUTION", &id], "OK")
}

/// Registers, uses and unregisters.
fn register(client: &mut Client, round: usize) -> Result<(), String> {
    let session = format!("churn-{round}");
    let mode = ["sync", "async", "async_local"][round % 3];
    let script = format!(
        "GB('CommandReader').map(lambda x: {round}).register(trigger='{session}', mode='{mode}')"
    );
    answer(client, &["RG.PYEXECUTE", &script, "ID", &session], "OK")?;
    answer(client, &["RG.TRIGGER", &session], &format!("[{round}]"))?;
    for id in client.registrations(&session)? {
        answer(client, &["RG.UNREGISTER", &id], "OK")?;
    }
    match client.call(&["RG.TRIGGER", &session]) {
        Err(error) if error.contains("subcommand not found") => Ok(()),
        other => Err(format!("{session} was unregistered, but: {other:?}")),
    }
}

/// Replaces a session. The new one answers from then on.
fn upgrade(client: &mut Client, round: usize) -> Result<(), String> {
    let script = format!(
        "GB('CommandReader').map(lambda x: {round}).register(trigger='upgraded', mode='async')"
    );
    answer(
        client,
        &["RG.PYEXECUTE", &script, "ID", "upgraded", "UPGRADE"],
        "OK",
    )?;
    answer(client, &["RG.TRIGGER", "upgraded"], &format!("[{round}]"))
}

fn bgsave(client: &mut Client) -> Result<(), String> {
    thread::sleep(Duration::from_millis(500));
    match call(client, &["BGSAVE", "SCHEDULE"]) {
        // On a slow machine the last one may still be at it.
        Err(error) if !error.contains("already in progress") => Err(error),
        _ => Ok(()),
    }
}
