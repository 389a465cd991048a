//! Reads the server's listings of executions, registrations and sessions.

use redgrease_tools::{Client, Outcome, text_of};
use redis::Value;

/// Number of the executions that have begun and not ended.
pub(crate) fn running_executions(client: &mut Client) -> usize {
    let executions = client.text(&["RG.DUMPEXECUTIONS"]).unwrap();
    executions.matches("running").count()
}

/// For each registered trigger, how often it was triggered, succeeded, failed and was aborted.
pub(crate) fn statistics(client: &mut Client) -> Vec<(String, [i64; 4])> {
    let rows = items(client.call(&["RG.DUMPREGISTRATIONS"]).unwrap());
    rows.into_iter()
        .map(|row| {
            let data = field(&items(row), "RegistrationData");
            let data = items(data);
            let count = |name| text_of(&field(&data, name)).parse().unwrap();
            let counts = ["numTriggered", "numSuccess", "numFailures", "numAborted"].map(count);
            let trigger = field(&items(field(&data, "args")), "trigger");
            (text_of(&trigger), counts)
        })
        .collect()
}

/// The ids of the registrations of a session.
pub(crate) fn registrations(client: &mut Client, session: &str) -> Outcome<Vec<String>> {
    let row = items(client.call(&["RG.PYDUMPSESSIONS", "SESSIONS", session])?).remove(0);
    Ok(items(field(&items(row), "registrations"))
        .iter()
        .map(text_of)
        .collect())
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => panic!("not a list: {other:?}"),
    }
}

/// The value that follows a name in a flat list of names and values.
fn field(row: &[Value], name: &str) -> Value {
    let at = row.iter().position(|item| text_of(item) == name);
    at.and_then(|at| row.get(at + 1))
        .unwrap_or_else(|| panic!("no {name} in {row:?}"))
        .clone()
}
