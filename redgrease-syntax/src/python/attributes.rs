//! Attributes of `cmd` that are no methods: those of redis-py's client, and exceptions.

use crate::{Client, Problem, nearest};
use ruff_python_stdlib::builtins::is_exception;

/// The attributes of redis-py's client, in some version from 3.5 on.
const OF_CLIENT: &[&str] = &[
    "auto_close_connection_pool",
    "connection",
    "connection_pool",
    "response_callbacks",
    "single_connection_lock",
];

/// The exceptions of both clients.
const OF_BOTH: &[&str] = &[
    "BusyLoadingError",
    "DataError",
    "ExecAbortError",
    "NoPermissionError",
    "NoScriptError",
    "OutOfMemoryError",
    "ReadOnlyError",
    "RedisError",
    "ResponseError",
];

/// The exceptions of the engine's client alone.
const OF_ENGINE: &[&str] = &["MisconfigurationError", "NoReplicasError"];

/// The exceptions of redis-py alone, in some version from 3.5 on.
const OF_REDIS_PY: &[&str] = &[
    "AskError",
    "AuthenticationError",
    "AuthenticationWrongNumberOfArgsError",
    "AuthorizationError",
    "ChildDeadlockedError",
    "ClusterCrossSlotError",
    "ClusterDownError",
    "ClusterError",
    "ConnectionError",
    "CrossSlotTransactionError",
    "ExternalAuthProviderError",
    "IncorrectPolicyType",
    "InvalidPipelineStack",
    "InvalidResponse",
    "LockError",
    "LockNotOwnedError",
    "MasterDownError",
    "MaxConnectionsError",
    "ModuleError",
    "MovedError",
    "NoSuchFieldsetError",
    "PubSubError",
    "RedisClusterException",
    "SlotNotCoveredError",
    "TimeoutError",
    "TryAgainError",
    "WatchError",
];

/// The attribute of the client whose name is most similar.
pub(super) fn similar(name: &str, client: Client) -> Option<&'static str> {
    let has_them = client != Client::Own;
    nearest(name, OF_CLIENT.iter().copied()).filter(|_| has_them)
}

/// What is wrong with the name of an attribute: nothing, or a problem. `None` if it is a method, or should be one.
pub(super) fn of_name(name: &str, client: Client) -> Option<Result<(), Problem>> {
    let is_of_redis_py = OF_REDIS_PY.contains(&name);
    if OF_BOTH.contains(&name) || OF_ENGINE.contains(&name) {
        return Some(Ok(()));
    }
    if OF_CLIENT.contains(&name) {
        return Some(match client {
            Client::Own => Err(Problem::UnknownMethod {
                method: name.to_owned(),
                hint: in_redis_py(),
            }),
            Client::RedisPy | Client::Both => Ok(()),
        });
    }
    if !is_of_redis_py && !is_spelled_as_exception(name) {
        return None;
    }
    if is_of_redis_py && client != Client::Own {
        return Some(Ok(()));
    }
    Some(Err(Problem::UnknownException {
        exception: name.to_owned(),
        hint: instead_of(name, client),
    }))
}

fn is_spelled_as_exception(name: &str) -> bool {
    name.starts_with(|c: char| c.is_uppercase())
        && (name.ends_with("Error") || name.ends_with("Exception"))
}

fn instead_of(name: &str, client: Client) -> String {
    if OF_REDIS_PY.contains(&name) {
        return in_redis_py();
    }
    if is_exception(name, 15) {
        return format!("write `{name}`, which belongs to Python");
    }
    let more: &[&str] = if client == Client::Own {
        OF_ENGINE
    } else {
        OF_REDIS_PY
    };
    match nearest(name, OF_BOTH.iter().chain(more).copied()) {
        Some(similar) => format!("did you mean `cmd.{similar}`?"),
        None => "write an exception of redis-py, such as `cmd.ResponseError`".to_owned(),
    }
}

fn in_redis_py() -> String {
    "add `requirements = [\"redis\"]`, whose client has it".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{OF_BOTH, OF_CLIENT, OF_ENGINE, OF_REDIS_PY};
    use crate::cmd_method;

    #[test]
    fn a_name_is_in_one_list() {
        let all = [OF_CLIENT, OF_BOTH, OF_ENGINE, OF_REDIS_PY].concat();
        for name in &all {
            assert_eq!(all.iter().filter(|one| *one == name).count(), 1, "{name}");
            assert!(cmd_method(name).is_none(), "{name}");
        }
    }
}
