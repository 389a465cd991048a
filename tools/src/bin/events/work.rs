//! The parts that all ways share: registering handlers, writing, and waiting for the last one.

use redgrease_tools::{Client, Outcome};

/// The list that the last handler writes to.
const DONE: &str = "done";
/// Commands in one pipeline.
const PIECE: usize = 100;

/// Registers a script in place of the last one. `{done}` stands for what a handler does when it has seen the last event.
pub(crate) fn register(client: &mut Client, events: usize, script: &str) -> Outcome {
    let script = format!(
        "
seen = [0]
def handle(record):
    seen[0] += 1
    if seen[0] == {events}:
        execute('RPUSH', '{DONE}', '1')
{script}"
    );
    client
        .call(&["RG.PYEXECUTE", &script, "ID", "events", "UPGRADE"])
        .map(drop)
}

/// Removes the handlers.
pub(crate) fn unregister(client: &mut Client) -> Outcome {
    let other = "GB('CommandReader').register(trigger='none')";
    client
        .call(&["RG.PYEXECUTE", other, "ID", "events", "UPGRADE"])
        .map(drop)
}

/// Sends a command so often, in pipelines. `command` gets the number of each.
pub(crate) fn write(
    client: &mut Client,
    count: usize,
    command: impl Fn(usize) -> redis::Cmd,
) -> Outcome {
    for first in (0..count).step_by(PIECE) {
        let mut pipe = redis::pipe();
        for number in first..count.min(first + PIECE) {
            pipe.add_command(command(number)).ignore();
        }
        pipe.exec(client.connection())
            .map_err(|error| format!("writing: {error}"))?;
    }
    Ok(())
}

/// Waits until the last handler has run.
pub(crate) fn wait(client: &mut Client) -> Outcome {
    client.call(&["BLPOP", DONE, "60"]).and_then(|reply| {
        if reply == redis::Value::Nil {
            Err("not all events were handled within a minute".to_owned())
        } else {
            Ok(())
        }
    })
}
