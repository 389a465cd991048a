//! What the server says about its commands, as far as it decides whether a gear may run them.
//!
//! A gear has no connection. A command that changes one would change nothing, or end the server: the engine refuses it and
//! says what to use instead.

use super::call::{Element, ReplyKind, Rights, call};
use super::context::Context;
use super::large_reply;
use super::lock::Guarded;
use super::refusal;
use rustc_hash::FxHashMap;

/// The facts about a command, or about a subcommand if the server tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "flags of the server, which are independent of each other"
)]
pub(super) struct Rules {
    pub(super) writes: bool,
    /// The command may need more memory.
    pub(super) grows: bool,
    /// Words of the command may be keys.
    pub(super) has_keys: bool,
    /// Scripts may not run the command.
    pub(super) no_script: bool,
    /// The command may send something to replicas without being a write.
    pub(super) may_replicate: bool,
    /// The command runs or keeps scripts.
    pub(super) is_scripting: bool,
    /// The reply may be a whole collection.
    pub(super) may_reply_much: bool,
    /// The number of words, negative if it is the smallest one; 0 if it is not known.
    arity: i64,
    /// The server tells of the subcommands one by one.
    has_subcommands: bool,
    needs: Needs,
}

/// What a command needs that a gear does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// The connection of a client.
    Connection,
    /// The state of a transaction.
    Transaction,
    /// A database of the connection.
    Database,
    /// A user of the connection.
    Login,
    /// A client that waits.
    Waiting,
    /// A client that receives messages.
    Listening,
    /// The connection of a replica.
    Link,
    /// A moment without writes that wait to be told.
    Failover,
    /// The subcommand of `CLIENT` decides.
    OfClient,
    /// The subcommand of `SCRIPT` decides.
    OfScript,
    OfFunction,
    /// The subcommand of `ACL` decides.
    OfAcl,
    /// The subcommand of `DEBUG` decides.
    OfDebug,
    /// The server's one place for a running script.
    Script,
}

/// The commands of the category `@connection` that leave the connection as it is.
const HARMLESS: [&str; 3] = ["ping", "echo", "command"];

/// The subcommands of `CLIENT` that tell something, or that change other clients. All others change the connection.
const OF_OTHERS: [&str; 11] = [
    "getname",
    "getredir",
    "help",
    "id",
    "info",
    "kill",
    "list",
    "pause",
    "trackinginfo",
    "unblock",
    "unpause",
];

/// The subcommands of `DEBUG` that load the data again.
const LOADS: [&str; 2] = ["reload", "loadaof"];

const OF_LOADING: &str = "it loads the data again and ends all gears: let a client run it";

const OF_PROTOCOL: &str =
    "before Redis 7.0 it writes to the connection of a client, and a gear has no connection";

const OF_CONNECTION: &str = "it changes the connection of a client, and a gear has no connection";

/// The server's facts, by the names of commands in lower case. A subcommand has its name behind a `|`.
static KNOWN: Guarded<Option<FxHashMap<Vec<u8>, Rules>>> = Guarded::new(None);

/// The facts about a command. `None` if the server has no such command or subcommand.
pub(super) fn of(context: &Context, command: &[u8], args: &[&[u8]]) -> Option<Rules> {
    let rules = known(context, command)?;
    let Some(subcommand) = args.first().filter(|_| rules.has_subcommands) else {
        return Some(rules);
    };
    let full = [command, b"|", subcommand].concat();
    known(context, &full)
}

fn known(context: &Context, name: &[u8]) -> Option<Rules> {
    let mut short = [0; 32];
    let long;
    let lower: &[u8] = if let Some(short) = short.get_mut(..name.len()) {
        short.copy_from_slice(name);
        short.make_ascii_lowercase();
        short
    } else {
        long = name.to_ascii_lowercase();
        &long
    };
    let found = KNOWN.read(context, |known| known.as_ref()?.get(lower).copied());
    if found.is_some() {
        return found;
    }
    let rules = ask(context, lower)?;
    KNOWN.write(context, |known| {
        known.get_or_insert_default().insert(lower.to_vec(), rules);
    });
    Some(rules)
}

/// Asks the server. A server without the command `COMMAND` tells nothing: then only the names count.
fn ask(context: &Context, name: &[u8]) -> Option<Rules> {
    let Ok(reply) = call(context, Rights::Question, b"COMMAND", &[b"INFO", name]) else {
        let rules = Rules::new(&String::from_utf8_lossy(name), &[], &[]);
        return Some(Rules {
            has_keys: true,
            ..rules
        });
    };
    let info = reply.element(0)?;
    if info.kind() != ReplyKind::Array {
        // Redis 6.2 has no such command, but treats the word as one.
        return (name == b"quit").then(|| Rules::new("quit", &[], &[]));
    }
    let texts = |element: Option<Element<'_>>| -> Vec<String> {
        let texts = element.into_iter().flat_map(Element::elements);
        texts
            .map(|text| String::from_utf8_lossy(text.bytes()).into_owned())
            .collect()
    };
    // The name of a renamed command is the original one.
    let original = String::from_utf8_lossy(info.element(0)?.bytes()).into_owned();
    let mut rules = Rules::new(&original, &texts(info.element(2)), &texts(info.element(6)));
    rules.has_keys |= info.element(3).map_or(0, Element::integer) != 0;
    rules.arity = info.element(1).map_or(0, Element::integer);
    rules.has_subcommands = info.element(9).is_some_and(|all| all.len() > 0);
    Some(rules)
}

impl Rules {
    fn new(name: &str, flags: &[String], categories: &[String]) -> Rules {
        let has = |flag: &str| flags.iter().any(|one| one == flag);
        let is_in = |category: &str| categories.iter().any(|one| one == category);
        let name = name.to_ascii_lowercase();
        Rules {
            writes: has("write"),
            grows: has("denyoom"),
            has_keys: has("movablekeys"),
            no_script: has("noscript"),
            may_replicate: may_replicate(&name, is_in("@scripting") && !has("readonly")),
            is_scripting: is_in("@scripting"),
            may_reply_much: large_reply::may_be_large(&name),
            arity: 0,
            has_subcommands: false,
            needs: Needs::of(
                &name,
                is_in("@connection"),
                is_in("@transaction"),
                has("pubsub") && has("noscript"),
            ),
        }
    }

    /// `true` if the command may have so many arguments. `false` if that is not known.
    pub(super) fn takes(self, args: usize) -> bool {
        let words = i64::try_from(args).map_or(i64::MAX, |args| args.saturating_add(1));
        self.arity == words || (self.arity < 0 && words >= -self.arity)
    }

    /// The smallest number of words of the command. 0 if that is not known.
    pub(super) fn fewest(self) -> usize {
        usize::try_from(self.arity.unsigned_abs()).unwrap_or(0)
    }

    /// `true` if the command may send something to replicas.
    pub(super) fn reaches_replicas(self) -> bool {
        self.writes || self.may_replicate
    }

    /// The reason why a gear may not run the command. `None` if it may.
    pub(super) fn refusal(self, command: &[u8], args: &[&[u8]]) -> Option<String> {
        let mut subcommand_of = None;
        let why = match self.needs {
            Needs::Nothing | Needs::Failover | Needs::Script | Needs::OfFunction | Needs::OfAcl => {
                return None;
            }
            Needs::OfClient | Needs::OfScript | Needs::OfDebug => {
                let first = args.first()?;
                let subcommand = String::from_utf8_lossy(first).to_ascii_lowercase();
                let (is_fit, why) = match self.needs {
                    Needs::OfClient => (OF_OTHERS.contains(&subcommand.as_str()), OF_CONNECTION),
                    // The server would end itself.
                    Needs::OfDebug if subcommand == "protocol" => {
                        (refusal::comes_as_reply(), OF_PROTOCOL)
                    }
                    Needs::OfDebug => (!LOADS.contains(&subcommand.as_str()), OF_LOADING),
                    _ => (subcommand != "debug", OF_CONNECTION),
                };
                if is_fit {
                    return None;
                }
                subcommand_of = Some(first);
                why
            }
            Needs::Connection => OF_CONNECTION,
            Needs::Transaction => {
                "a gear has no connection that could hold a transaction: run the commands inside `with atomic():`"
            }
            Needs::Database => {
                "gears work on database 0: let a client copy or move the keys with COPY or MOVE"
            }
            Needs::Login => {
                "a gear has the rights of the user that called or registered it: let that user call it"
            }
            Needs::Waiting => {
                "it makes a client wait for replicas: let the client that called the gear run it afterwards"
            }
            Needs::Listening => {
                "a gear has no connection that could receive messages: let a client receive them, or register a gear for a stream"
            }
            Needs::Link => "it takes the connection over, and a gear has no connection",
        };
        // Texts are made for a refusal only: this function looks at each command of a gear.
        let command = shown(command);
        let words = match subcommand_of {
            None => command,
            Some(subcommand) => format!("{command} {}", shown(subcommand)),
        };
        Some(format!("ERR a gear cannot run {words}: {why}"))
    }

    /// `true` if the command may end the client whose command runs.
    pub(super) fn ends_clients(self, args: &[&[u8]]) -> bool {
        self.is(Needs::OfClient, args, b"kill")
    }

    /// `true` for `CLIENT`, which no hook replaces: it may end a pause.
    pub(super) fn is_of_client(self) -> bool {
        self.needs == Needs::OfClient
    }

    /// `true` if the command may take the user from the client whose command runs.
    pub(super) fn ends_logins(self, args: &[&[u8]]) -> bool {
        self.is(Needs::OfAcl, args, b"deluser") || self.is(Needs::OfAcl, args, b"load")
    }

    /// `true` if the command makes clients wait.
    pub(super) fn pauses_clients(self, args: &[&[u8]]) -> bool {
        self.needs == Needs::Failover || self.is(Needs::OfClient, args, b"pause")
    }

    /// `true` if the command runs a script.
    pub(super) fn runs_script(self) -> bool {
        self.needs == Needs::Script
    }

    /// `true` if the server forgets all its scripts.
    pub(super) fn forgets_scripts(self, args: &[&[u8]]) -> bool {
        self.is(Needs::OfScript, args, b"flush")
    }

    /// `true` if the server may forget functions of its library: `FUNCTION DELETE`, `FLUSH`, `RESTORE`, `LOAD REPLACE`.
    pub(super) fn forgets_functions(self, args: &[&[u8]]) -> bool {
        let is = |word: &[u8]| self.is(Needs::OfFunction, args, word);
        let replaces = || {
            args.get(1)
                .is_some_and(|word| word.eq_ignore_ascii_case(b"replace"))
        };
        is(b"delete") || is(b"flush") || is(b"restore") || (is(b"load") && replaces())
    }

    fn is(self, command: Needs, args: &[&[u8]], subcommand: &[u8]) -> bool {
        let first = args.first();
        self.needs == command && first.is_some_and(|word| word.eq_ignore_ascii_case(subcommand))
    }
}

impl Needs {
    /// Names decide where the server's flags and categories are not clear enough: Redis 6.2 has some commands of connections in
    /// other categories, and no server marks the commands of its replicas.
    fn of(name: &str, connection: bool, transaction: bool, listens: bool) -> Needs {
        let command = name.split('|').next().unwrap_or_default();
        match command {
            "failover" => Needs::Failover,
            "client" => Needs::OfClient,
            "script" => Needs::OfScript,
            "function" => Needs::OfFunction,
            "debug" => Needs::OfDebug,
            "acl" => Needs::OfAcl,
            "eval" | "evalsha" => Needs::Script,
            "auth" => Needs::Login,
            "select" => Needs::Database,
            "wait" | "waitaof" => Needs::Waiting,
            "sync" | "psync" | "replconf" => Needs::Link,
            "monitor" | "subscribe" | "psubscribe" | "ssubscribe" | "unsubscribe"
            | "punsubscribe" | "sunsubscribe" => Needs::Listening,
            "multi" | "exec" | "discard" | "watch" | "unwatch" => Needs::Transaction,
            // Redis 6.2 has the last two for clients that speak HTTP, and ends the connection.
            "asking" | "readonly" | "readwrite" | "quit" | "reset" | "hello" | "host:" | "post" => {
                Needs::Connection
            }
            _ if HARMLESS.contains(&command) => Needs::Nothing,
            _ if transaction => Needs::Transaction,
            _ if listens => Needs::Listening,
            _ if connection => Needs::Connection,
            _ => Needs::Nothing,
        }
    }
}

/// `true` for a command that may send something to replicas although it is no write: a script, a published message, a count
/// that the server keeps with its key, and everything that may run a gear. The server does not say which commands these are.
fn may_replicate(name: &str, runs_scripts: bool) -> bool {
    runs_scripts || name.starts_with("rg.") || ["publish", "spublish", "pfcount"].contains(&name)
}

/// A word of a command as an error shows it.
fn shown(word: &[u8]) -> String {
    let word: String = String::from_utf8_lossy(word).chars().take(64).collect();
    word.to_uppercase().replace(['\r', '\n', '\0'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(name: &str, flags: &[&str], categories: &[&str]) -> Rules {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        Rules::new(name, &owned(flags), &owned(categories))
    }

    #[test]
    fn a_command_of_connections_is_refused_by_its_category() {
        let future = rules("newconnectioncommand", &["fast"], &["@fast", "@connection"]);
        let why = future.refusal(b"NewConnectionCommand", &[]).unwrap();
        assert_eq!(
            why,
            "ERR a gear cannot run NEWCONNECTIONCOMMAND: it changes the connection of a client, and a gear has no connection"
        );
        for harmless in ["ping", "echo", "command", "command|docs"] {
            let rules = rules(harmless, &["fast"], &["@connection"]);
            assert_eq!(rules.refusal(harmless.as_bytes(), &[]), None);
        }
    }

    #[test]
    fn transactions_are_pointed_to_atomic() {
        for name in ["multi", "exec", "discard", "watch", "unwatch", "future"] {
            let rules = rules(name, &["noscript"], &["@transaction"]);
            let why = rules.refusal(name.as_bytes(), &[]).unwrap();
            assert!(why.contains("with atomic():"), "{why}");
        }
    }

    #[test]
    fn old_servers_have_other_categories() {
        for name in [
            "select", "wait", "asking", "sync", "psync", "monitor", "quit",
        ] {
            assert!(
                rules(name, &[], &["@keyspace"])
                    .refusal(name.as_bytes(), &[])
                    .is_some()
            );
        }
    }

    #[test]
    fn the_subcommand_of_client_decides() {
        let client = rules("client", &["noscript"], &["@connection"]);
        for kept in ["ID", "list", "Kill", "pause", "unblock"] {
            assert_eq!(client.refusal(b"CLIENT", &[kept.as_bytes()]), None);
        }
        for refused in ["REPLY", "setname", "no-evict", "tracking", "new\r\nfuture"] {
            let why = client.refusal(b"client", &[refused.as_bytes()]).unwrap();
            assert!(why.starts_with("ERR a gear cannot run CLIENT "), "{why}");
            assert!(!why.contains(['\r', '\n']));
        }
        assert_eq!(client.refusal(b"client", &[]), None);
        assert!(client.ends_clients(&[b"KILL"]) && !client.ends_clients(&[b"LIST"]));
        let acl = rules("acl|deluser", &["noscript"], &["@dangerous"]);
        assert!(acl.ends_logins(&[b"DelUser"]) && acl.refusal(b"acl", &[b"deluser"]).is_none());
        assert!(!acl.ends_logins(&[b"SETUSER"]) && !client.ends_logins(&[b"load"]));
    }

    #[test]
    fn data_is_not_loaded_and_scripts_are_known_whatever_they_are_called() {
        let debug = rules("debug", &["noscript"], &[]);
        for refused in ["RELOAD", "loadaof"] {
            let why = debug.refusal(b"renamed", &[refused.as_bytes()]).unwrap();
            assert!(why.contains("let a client run it"), "{why}");
        }
        assert_eq!(debug.refusal(b"debug", &[b"SLEEP", b"0"]), None);
        let eval = rules("eval", &["noscript"], &["@scripting"]);
        assert!(eval.runs_script() && eval.refusal(b"renamed", &[b"return 1"]).is_none());
        let script = rules("script|flush", &["noscript"], &["@scripting"]);
        assert!(script.forgets_scripts(&[b"Flush"]) && !script.forgets_scripts(&[b"LOAD"]));
        let function = rules("function", &["noscript"], &["@scripting"]);
        let words: [&[&[u8]]; 4] = [
            &[b"FLUSH"],
            &[b"delete", b"l"],
            &[b"restore", b""],
            &[b"LOAD", b"Replace", b""],
        ];
        assert!(words.iter().all(|words| function.forgets_functions(words)));
        assert!(
            !function.forgets_functions(&[b"LOAD", b"#!lua"])
                && !function.forgets_functions(&[b"list"])
        );
    }

    #[test]
    fn what_reaches_replicas_is_known_by_flags_and_by_names() {
        assert!(rules("set", &["write", "denyoom"], &[]).reaches_replicas());
        assert!(rules("eval", &["noscript"], &["@scripting"]).reaches_replicas());
        assert!(!rules("eval_ro", &["readonly", "noscript"], &["@scripting"]).reaches_replicas());
        assert!(rules("publish", &["pubsub"], &[]).reaches_replicas());
        assert!(rules("rg.trigger", &["readonly"], &[]).reaches_replicas());
        assert!(!rules("get", &["readonly"], &[]).reaches_replicas());
    }
}
