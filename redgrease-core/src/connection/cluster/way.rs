//! Which nodes of a cluster a command goes to.

use super::key::{first_key, slot_of};
use crate::error::Error;
use redis::RedisError;

/// The way of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// To the primary that serves the slot.
    Slot(u16),
    /// To a primary, another one each time.
    Any,
    /// To the same primary each time.
    First,
    /// To the node with this id.
    Node(Vec<u8>),
    /// To all primaries.
    Primaries(Merge),
    /// To all primaries and replicas.
    Everywhere,
    /// The command with this name has no meaning on a cluster, or changes the state of one socket.
    Refused(String),
}

/// How the answers of several nodes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// The first one: the nodes answer the same.
    Same,
    Sum,
    Joined,
}

/// The way of a command with these words.
pub(super) fn way<'a>(words: impl Iterator<Item = &'a [u8]>) -> Way {
    let words: Vec<_> = words.collect();
    let Some((sent, args)) = words.split_first() else {
        return Way::Any;
    };
    let name = sent.to_ascii_uppercase();
    let form = args.first().map(|form| form.to_ascii_uppercase());
    match (&*name, form.as_deref()) {
        (b"RG.TRIGGER" | b"RG.PYEXECUTE", _) => Way::Any,
        // That node asks the others. The values of settings come in pairs.
        (b"RG.CONFIGSET", Some(b"CLUSTER")) if args.len() % 2 == 1 => Way::First,
        (
            b"RG.CLEARREGISTRATIONSSTATS" | b"RG.PAUSEREGISTRATIONS" | b"RG.UNPAUSEREGISTRATIONS",
            Some(b"CLUSTER"),
        ) => Way::First,
        (b"RG.CONFIGSET" | b"RG.REFRESHCLUSTER", _) => Way::Everywhere,
        (
            b"RG.ABORTEXECUTION"
            | b"RG.DROPEXECUTION"
            | b"RG.GETEXECUTION"
            | b"RG.GETRESULTS"
            | b"RG.GETRESULTSBLOCKING"
            | b"RG.UNREGISTER",
            Some(id),
        ) => of_id(id),
        (
            b"RG.CLEARREGISTRATIONSSTATS" | b"RG.PAUSEREGISTRATIONS" | b"RG.UNPAUSEREGISTRATIONS",
            _,
        ) => Way::Primaries(Merge::Same),
        (name, _) if name.starts_with(b"RG.") && name != b"RG.TRIGGERONKEY" => Way::First,
        (b"DBSIZE", _) => Way::Primaries(Merge::Sum),
        (b"KEYS", _) => Way::Primaries(Merge::Joined),
        (b"FLUSHALL" | b"FLUSHDB", _)
        | (b"FUNCTION", Some(b"LOAD" | b"DELETE" | b"FLUSH" | b"RESTORE"))
        | (b"SCRIPT", Some(b"LOAD" | b"FLUSH")) => Way::Primaries(Merge::Same),
        (b"CONFIG", Some(b"SET" | b"RESETSTAT" | b"REWRITE")) => Way::Everywhere,
        (
            b"ACL" | b"BGREWRITEAOF" | b"BGSAVE" | b"CLIENT" | b"CLUSTER" | b"COMMAND" | b"CONFIG"
            | b"DEBUG" | b"FUNCTION" | b"INFO" | b"LASTSAVE" | b"LATENCY" | b"LOLWUT" | b"MODULE"
            | b"ROLE" | b"SAVE" | b"SCRIPT" | b"SLOWLOG" | b"TIME",
            _,
        ) => Way::First,
        (b"ECHO" | b"PING" | b"PUBLISH" | b"PUBSUB" | b"RANDOMKEY", _) => Way::Any,
        (
            b"ASKING" | b"AUTH" | b"DISCARD" | b"EXEC" | b"HELLO" | b"MONITOR" | b"MULTI"
            | b"PSUBSCRIBE" | b"PSYNC" | b"PUNSUBSCRIBE" | b"QUIT" | b"READONLY" | b"READWRITE"
            | b"RESET" | b"SCAN" | b"SELECT" | b"SSUBSCRIBE" | b"SUBSCRIBE" | b"SUNSUBSCRIBE"
            | b"SWAPDB" | b"UNSUBSCRIBE" | b"UNWATCH" | b"WAIT" | b"WAITAOF" | b"WATCH",
            _,
        ) => Way::Refused(String::from_utf8_lossy(sent).into_owned()),
        (name, _) => first_key(name, args).map_or(Way::Any, |key| Way::Slot(slot_of(key))),
    }
}

/// To the node that has made an id, `<id of the node>-<number>`.
fn of_id(id: &[u8]) -> Way {
    const LENGTH: usize = 40;
    match id.get(..=LENGTH) {
        // `id` was made upper case, and nodes have ids in lower case.
        Some([node @ .., b'-']) => Way::Node(node.to_ascii_lowercase()),
        _ => Way::First,
    }
}

/// The error for a command that is not sent to a cluster.
pub(super) fn refused(name: &str) -> RedisError {
    let reason = if name.eq_ignore_ascii_case("SCAN") {
        "because it goes over the keys of one node: a `KeysReader` reads those of all nodes"
    } else {
        "because it is about one socket to one node: open a connection to that node with redis-rs \
         (a transaction is `redis::pipe().atomic()`)"
    };
    let text = format!("a connection to a cluster does not send `{name}`, {reason}");
    Error::config(text).into_redis()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &str) -> Way {
        way(command.split(' ').map(str::as_bytes))
    }

    #[test]
    fn gears_go_where_they_run() {
        assert_eq!(of("RG.TRIGGER t x"), Way::Any);
        assert_eq!(of("rg.pyexecute GB().run()"), Way::Any);
        assert_eq!(of("RG.TRIGGERONKEY t foo x"), Way::Slot(12_182));
        assert_eq!(of("RG.CONFIGSET MaxExecutions 3"), Way::Everywhere);
        assert_eq!(of("RG.CONFIGSET CLUSTER MaxExecutions 3"), Way::First);
        assert_eq!(of("RG.CONFIGSET CLUSTER 3"), Way::Everywhere);
        assert_eq!(of("RG.REFRESHCLUSTER"), Way::Everywhere);
        let all = Way::Primaries(Merge::Same);
        for command in ["CLEARREGISTRATIONSSTATS", "PAUSEREGISTRATIONS x-1"] {
            assert_eq!(of(&format!("rg.{command}")), all, "{command}");
        }
        assert_eq!(of("RG.UNPAUSEREGISTRATIONS CLUSTER x-1"), Way::First);
        assert_eq!(of("RG.DUMPREGISTRATIONS"), Way::First);
        assert_eq!(of("RG.PYDUMPSESSIONS VERBOSE"), Way::First);
        let node = "0123456789abcdef0123456789abcdef01234567";
        let to_node = Way::Node(node.as_bytes().to_vec());
        for command in ["RG.GETRESULTS", "RG.UNREGISTER", "rg.dropexecution"] {
            assert_eq!(of(&format!("{command} {node}-3")), to_node, "{command}");
        }
        assert_eq!(of("RG.GETRESULTS 0-3"), Way::First);
    }

    #[test]
    fn other_commands_go_to_their_key_or_to_all() {
        assert_eq!(of("set {foo}x y"), Way::Slot(12_182));
        assert_eq!(of("EVAL script 1 foo"), Way::Slot(12_182));
        assert_eq!(of("EVAL script 0"), Way::Any);
        assert_eq!(of("PING"), Way::Any);
        assert_eq!(of("dbsize"), Way::Primaries(Merge::Sum));
        assert_eq!(of("keys *"), Way::Primaries(Merge::Joined));
        assert_eq!(of("script load x"), Way::Primaries(Merge::Same));
        assert_eq!(of("SCRIPT EXISTS x"), Way::First);
        assert_eq!(of("CONFIG SET a b"), Way::Everywhere);
        assert_eq!(of("Watch x"), Way::Refused("Watch".to_owned()));
        let error = Error::from(refused("scan"));
        assert!(error.to_string().contains("KeysReader"), "{error}");
    }
}
