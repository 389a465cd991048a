//! The executions of a server, or of all shards of its cluster.

use super::cluster::is_cluster;
use crate::failure::Failure;
use crate::output::{one_line, text_of};
use redgrease_core::{Con, Error, Execution, GearsCommands as _};
use redis::{ConnectionLike as _, FromRedisValue as _, Value};

/// The executions of all shards, each one once, the oldest first.
pub(crate) fn list(con: &mut Con) -> Result<Vec<Execution>, Failure> {
    Ok(list_and_missing(con)?.0)
}

/// [`list`], and the errors about shards that do not tell theirs.
pub(crate) fn list_and_missing(con: &mut Con) -> Result<(Vec<Execution>, Vec<String>), Failure> {
    let mut all = con.dump_executions()?;
    let mut missing = Vec::new();
    if is_cluster(con)? {
        all.extend(of_shards(con, &mut missing)?);
    }
    all.sort_by(|a, b| (a.id.sequence, &a.id.shard).cmp(&(b.id.sequence, &b.id.shard)));
    all.dedup_by(|a, b| a.id == b.id);
    Ok((all, missing))
}

/// The executions of all shards. RedisGears has no such listing: then there are none.
fn of_shards(con: &mut Con, missing: &mut Vec<String>) -> Result<Vec<Execution>, Failure> {
    let Value::Array(shards) = con.req_command(redis::cmd("RG.DUMPEXECUTIONS").arg("CLUSTER"))?
    else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for shard in shards {
        let Value::Array(fields) = shard else {
            continue;
        };
        let field = |name: &str| {
            let name = Value::BulkString(name.as_bytes().to_vec());
            let mut pairs = fields.chunks_exact(2);
            pairs.find(|pair| pair[0] == name).map(|pair| &pair[1])
        };
        missing.extend(field("error").map(text_of));
        let reply = field("reply");
        if let Some(Value::Array(rows)) = reply {
            for row in rows {
                all.push(
                    Execution::from_redis_value_ref(row)
                        .map_err(|e| Error::from(redis::RedisError::from(e)))?,
                );
            }
        }
    }
    Ok(all)
}

/// The bodies of scripts that run. They are no executions.
pub(crate) struct Bodies {
    count: usize,
    /// The session of the one that runs longest.
    pub(crate) session: String,
    ms: u64,
}

impl Bodies {
    pub(crate) fn text(&self) -> String {
        let Bodies { count, session, ms } = self;
        let session = one_line(session);
        let scripts = match count {
            1 => "the body of 1 script runs".to_owned(),
            count => format!("the bodies of {count} scripts run, the longest one"),
        };
        format!(
            "{scripts}, in the session {session} for {ms} ms: `redgrease abort {session}` ends it"
        )
    }
}

/// The bodies that run on the server; `None` if there are none, or the server does not tell.
pub(crate) fn body(con: &mut Con) -> Result<Option<Bodies>, Failure> {
    let info: String = match redis::cmd("INFO").arg("rg_engine").query(con) {
        Ok(info) => info,
        Err(error) if error.code() == Some("NOPERM") => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let value = |name: &str| {
        let mut lines = info.lines();
        lines.find_map(|line| line.trim_end().strip_prefix(name))
    };
    let number = |name| value(name).and_then(|it| it.parse::<u64>().ok());
    let session = value("rg_longest_script:").unwrap_or_default().to_owned();
    let count = number("rg_running_scripts:").unwrap_or(0);
    Ok((count > 0 && !session.is_empty()).then(|| Bodies {
        count: usize::try_from(count).unwrap_or(usize::MAX),
        session,
        ms: number("rg_longest_script_ms:").unwrap_or(0),
    }))
}
