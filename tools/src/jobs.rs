//! Jobs for the clients of the soak and of the stress test. Each checks its reply.
//!
//! Each function fails if the server answers with an error, too late, or with an unexpected reply.

#![allow(clippy::missing_errors_doc, reason = "said above for all of them")]

use crate::gears::KEYS;
use crate::{Client, Outcome, text_of};
use std::thread;
use std::time::Duration;

/// A job, done once. The number counts the rounds.
pub type Job = fn(&mut Client, usize) -> Outcome;

/// Sends a command that must be answered with this text.
pub fn answer(client: &mut Client, words: &[&str], expected: &str) -> Outcome {
    let got = client.text(words)?;
    if got == expected {
        Ok(())
    } else {
        Err(format!("{words:?}: {got}, not {expected}"))
    }
}

/// Triggers a command that returns its argument.
pub fn echo(client: &mut Client, trigger: &str, round: usize) -> Outcome {
    let text = format!("text {round}");
    answer(
        client,
        &["RG.TRIGGER", trigger, &text],
        &format!("[{text}]"),
    )
}

/// Triggers a command that reads a key.
pub fn get(client: &mut Client, trigger: &str, round: usize) -> Outcome {
    let key = round % KEYS;
    let value = format!("[some words here {}]", key % 7);
    answer(
        client,
        &["RG.TRIGGER", trigger, &format!("k:{key}")],
        &value,
    )
}

/// Triggers a command that adds up the numbers below `end`.
pub fn add_up(client: &mut Client, trigger: &str, end: usize) -> Outcome {
    let total = end * (end - 1) / 2;
    answer(
        client,
        &["RG.TRIGGER", trigger, &end.to_string()],
        &format!("[{total}]"),
    )
}

/// Triggers a command that must raise `ZeroDivisionError`.
pub fn fail(client: &mut Client, trigger: &str) -> Outcome {
    match client.call(&["RG.TRIGGER", trigger]) {
        Err(error) if error.contains("ZeroDivisionError") => Ok(()),
        other => Err(format!(
            "{trigger} must fail with its own error, but: {other:?}"
        )),
    }
}

/// Counts the keys in a run.
pub fn count_keys(client: &mut Client) -> Outcome {
    let script = "GB('KeysReader').count().run('k:*')";
    answer(
        client,
        &["RG.PYEXECUTE", script],
        &format!("[[{KEYS}], []]"),
    )
}

/// Counts a word that every value has once, in a run that groups.
pub fn count_words(client: &mut Client) -> Outcome {
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

/// Starts an endless run, aborts it, and waits until it has ended.
pub fn abort(client: &mut Client, script: &str) -> Outcome {
    let id = text_of(&client.call(&["RG.PYEXECUTE", script, "UNBLOCKING"])?);
    thread::sleep(Duration::from_millis(20));
    answer(client, &["RG.ABORTEXECUTION", &id], "OK")?;
    client.call(&["RG.GETRESULTSBLOCKING", &id])?;
    answer(client, &["RG.DROPEXECUTION", &id], "OK")
}

/// Replaces the session `upgraded`. From then on, the new command answers.
pub fn upgrade(client: &mut Client, mode: &str, round: usize) -> Outcome {
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
