//! Clusters: commands that all shards follow, and listings that add up their numbers.

use crate::app::App;
use crate::failure::Failure;
use crate::output::clean;
use redgrease_core::{Con, Error, GearsCommands as _, RegistrationInfo};
use redis::{Cmd, ConnectionLike as _, Value};

/// Whether the server belongs to a cluster. A user without the right to ask sees one server.
pub(crate) fn is_cluster(con: &mut Con) -> Result<bool, Failure> {
    match con.info_cluster() {
        Ok(cluster) => Ok(cluster.is_some()),
        Err(error) if error.is_no_permission() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether the server belongs to a cluster, and passes commands on to the other shards: RedisGears does not.
pub(crate) fn passes_on(con: &mut Con) -> Result<bool, Failure> {
    if !is_cluster(con)? {
        return Ok(false);
    }
    match redis::cmd("INFO").arg("rg_engine").query::<String>(con) {
        Ok(info) => Ok(info.contains("rg_engine")),
        Err(error) if error.code() == Some("NOPERM") => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// The registrations, on a cluster with the numbers of all shards.
pub(crate) fn registrations(con: &mut Con) -> Result<Vec<RegistrationInfo>, Failure> {
    let rows = if passes_on(con)? {
        con.dump_registrations_cluster()
    } else {
        con.dump_registrations()
    };
    Ok(rows?)
}

/// Warns about shards whose numbers are missing.
pub(crate) fn warn_of_missing(app: &App, rows: &[RegistrationInfo]) {
    for missing in rows.first().map(|row| &row.missing).into_iter().flatten() {
        app.out
            .warn(format_args!("not counted: {}", clean(missing)));
    }
}

/// Sends a command that changes all shards. `Some`: which shards were left out, and what to do.
pub(crate) fn change(con: &mut Con, cmd: &Cmd) -> Result<Option<String>, Error> {
    let answer = con.req_command(cmd).and_then(Value::extract_error)?;
    Ok(left_out(&answer).map(str::to_owned))
}

fn left_out(answer: &Value) -> Option<&str> {
    let text = match answer {
        Value::Array(items) => return items.iter().find_map(left_out),
        Value::SimpleString(text) => text,
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok()?,
        _ => return None,
    };
    text.strip_prefix("OK, but ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_the_shards_that_were_left_out() {
        let text =
            || Value::SimpleString("OK, but the shard b has failed: send it again".to_owned());
        let expected = Some("the shard b has failed: send it again");
        assert_eq!(left_out(&text()), expected);
        assert_eq!(left_out(&Value::Array(vec![Value::Okay, text()])), expected);
        assert_eq!(left_out(&Value::Okay), None);
    }
}
