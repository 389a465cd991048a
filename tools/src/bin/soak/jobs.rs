//! What clients do, over and over. Each checks its answer.

use crate::gears::{ENDLESS, ENDLESS_ATOMIC};
use redgrease_tools::{Client, Outcome, text_of};
use std::thread;
use std::time::Duration;

/// Keys that the readers read. None of the gears changes them.
pub(crate) const KEYS: usize = 5000;

/// One thing to do once. The number tells one round from another.
pub(crate) type Job = fn(&mut Client, usize) -> Outcome;

/// Jobs with the name they are reported under, each done by a client of its own.
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
        add_up(client, ["add_up_async", "add_up_async_local"][n % 2])
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
        abort(client, [ENDLESS, ENDLESS_ATOMIC][n % 2])
    }),
    ("register", register),
    ("save", save),
];

fn answer(client: &mut Client, words: &[&str], expected: &str) -> Outcome {
    let got = client.text(words)?;
    if got == expected {
        Ok(())
    } else {
        Err(format!("{words:?}: {got}, not {expected}"))
    }
}

fn echo(client: &mut Client, trigger: &str, round: usize) -> Outcome {
    let text = format!("text {round}");
    answer(
        client,
        &["RG.TRIGGER", trigger, &text],
        &format!("[{text}]"),
    )
}

fn get(client: &mut Client, trigger: &str, round: usize) -> Outcome {
    let key = round % KEYS;
    let value = format!("[some words here {}]", key % 7);
    answer(
        client,
        &["RG.TRIGGER", trigger, &format!("k:{key}")],
        &value,
    )
}

fn add_up(client: &mut Client, trigger: &str) -> Outcome {
    answer(client, &["RG.TRIGGER", trigger, "100000"], "[4999950000]")
}

fn fail(client: &mut Client, trigger: &str) -> Outcome {
    match client.call(&["RG.TRIGGER", trigger]) {
        Err(error) if error.contains("ZeroDivisionError") => Ok(()),
        other => Err(format!(
            "{trigger} must fail with its own error, but: {other:?}"
        )),
    }
}

fn count_keys(client: &mut Client) -> Outcome {
    let script = "GB('KeysReader').count().run('k:*')";
    answer(
        client,
        &["RG.PYEXECUTE", script],
        &format!("[[{KEYS}], []]"),
    )
}

fn count_words(client: &mut Client) -> Outcome {
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
fn abort(client: &mut Client, script: &str) -> Outcome {
    let id = text_of(&client.call(&["RG.PYEXECUTE", script, "UNBLOCKING"])?);
    thread::sleep(Duration::from_millis(20));
    answer(client, &["RG.ABORTEXECUTION", &id], "OK")?;
    client.call(&["RG.GETRESULTSBLOCKING", &id])?;
    answer(client, &["RG.DROPEXECUTION", &id], "OK")?;
    thread::sleep(Duration::from_millis(200));
    Ok(())
}

/// Replaces a session, with requirements of nothing. The new one answers from then on.
fn register(client: &mut Client, round: usize) -> Outcome {
    let mode = ["sync", "async", "async_local"][round % 3];
    let script = format!(
        "GB('CommandReader').map(lambda x: {round}).register(trigger='upgraded', mode='{mode}')"
    );
    answer(
        client,
        &["RG.PYEXECUTE", &script, "ID", "upgraded", "UPGRADE"],
        "OK",
    )?;
    answer(client, &["RG.TRIGGER", "upgraded"], &format!("[{round}]"))
}

/// The two ways a server forks. One that is at it already says so.
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
