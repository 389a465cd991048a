//! The executions of a server, or of all shards of its cluster.

use super::cluster::is_cluster;
use crate::failure::Failure;
use redgrease_core::{Con, Error, Execution, GearsCommands as _};
use redis::{ConnectionLike as _, FromRedisValue as _, Value};

/// The executions of all shards, each one once, the oldest first.
pub(crate) fn list(con: &mut Con) -> Result<Vec<Execution>, Failure> {
    let mut all = con.dump_executions()?;
    if is_cluster(con)? {
        all.extend(of_shards(con)?);
    }
    all.sort_by(|a, b| (a.id.sequence, &a.id.shard).cmp(&(b.id.sequence, &b.id.shard)));
    all.dedup_by(|a, b| a.id == b.id);
    Ok(all)
}

/// The executions of all shards. RedisGears has no such listing: then there are none.
fn of_shards(con: &mut Con) -> Result<Vec<Execution>, Failure> {
    let Value::Array(shards) = con.req_command(redis::cmd("RG.DUMPEXECUTIONS").arg("CLUSTER"))?
    else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for shard in shards {
        let Value::Array(fields) = shard else {
            continue;
        };
        let name = Value::BulkString(b"reply".to_vec());
        let reply = fields
            .chunks_exact(2)
            .find(|pair| pair[0] == name)
            .map(|pair| &pair[1]);
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
