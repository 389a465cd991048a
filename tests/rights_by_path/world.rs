//! A server with a secret, and users with and without the right to it.

use crate::common::capability::{Capability, lacks};
use crate::common::plain_connection;
use redgrease_embedded::{Builder, Server};

/// The content of the keys that restricted users may not read. Nothing that they get contains it.
pub(crate) const SECRET: &str = "TOP-SECRET";

/// Calls gears and may not send code.
pub(crate) const CALLER: &str = "lim";
/// Sends code, with the same keys.
pub(crate) const AUTHOR: &str = "lim2";
pub(crate) const DEFAULT: &str = "default";

const RULES: [&str; 7] = [
    "on",
    ">p",
    "+@all",
    "-@admin",
    "-@dangerous",
    "-rg.pyexecute",
    "~app:*",
];

pub(crate) struct World {
    pub(crate) server: Server,
}

impl World {
    /// `None` on a server that cannot run a command as another user.
    pub(crate) fn start() -> Option<World> {
        World::of(Server::builder())
    }

    pub(crate) fn of(builder: Builder) -> Option<World> {
        let server = builder.start().unwrap();
        if lacks(&server, Capability::CommandsAsUser) {
            return None;
        }
        let world = World { server };
        world.make_user(CALLER);
        world.make_user(AUTHOR);
        world.ask(DEFAULT, &["ACL", "SETUSER", AUTHOR, "+rg.pyexecute"]);
        for words in [
            ["SET", "secret", SECRET].as_slice(),
            &["HSET", "secret:hash", "field", SECRET],
            &["RPUSH", "secret:list", SECRET],
            &["XADD", "secret:stream", "*", "field", SECRET],
            &["SET", "app:x", "mine"],
        ] {
            world.ask(DEFAULT, words);
        }
        Some(world)
    }

    pub(crate) fn make_user(&self, user: &str) {
        let words = [&["ACL", "SETUSER", user], RULES.as_slice()].concat();
        assert_eq!(self.ask(DEFAULT, &words), "OK");
    }

    pub(crate) fn connection(&self, user: &str) -> redis::Connection {
        let mut con = plain_connection(&self.server);
        if user != DEFAULT {
            let auth = redis::cmd("AUTH").arg(user).arg("p").clone();
            auth.exec(&mut con).unwrap();
        }
        con
    }

    /// The reply to a command of a user, with all texts in it.
    pub(crate) fn ask(&self, user: &str, words: &[&str]) -> String {
        send(&mut self.connection(user), words)
    }

    /// Sends a script that registers something.
    #[track_caller]
    pub(crate) fn register(&self, user: &str, script: &str) {
        assert_eq!(self.ask(user, &["RG.PYEXECUTE", script]), "OK", "{script}");
    }
}

pub(crate) fn send(con: &mut redis::Connection, words: &[&str]) -> String {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    match cmd.query::<redis::Value>(con) {
        Ok(value) => shown(&value),
        Err(error) => error.to_string(),
    }
}

fn shown(value: &redis::Value) -> String {
    match value {
        redis::Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        redis::Value::Int(number) => number.to_string(),
        redis::Value::SimpleString(text) => text.clone(),
        redis::Value::Okay => "OK".to_owned(),
        redis::Value::ServerError(error) => {
            format!("{} {}", error.code(), error.details().unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}
