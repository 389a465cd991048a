//! Decides over which socket of a pool a command goes.
//!
//! Redis answers the commands of one socket one after the other. So a command that blocks needs a socket for itself, and
//! all others can share one.

use super::options::PoolOptions;
use crate::error::Error;
use crate::gear::{Entry, GearKind, Mode};
use std::collections::HashSet;

/// The way of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// The server answers at once: over a socket that others use at the same time.
    Shared,
    /// The answer may take long: over a socket that nobody else uses meanwhile.
    Own,
    /// The command with this name changes the state of its socket, depends on it, or never gets one answer.
    Refused(&'a [u8]),
}

/// The commands that block beside those that always do.
#[derive(Debug)]
pub(super) struct Routes {
    /// In upper case.
    blocking: HashSet<Vec<u8>>,
}

/// Names of commands are shorter.
const LONGEST: usize = 32;

impl Routes {
    /// The commands that gears of this program and the options make block.
    pub(super) fn new(options: &PoolOptions) -> Self {
        let gears = inventory::iter::<Entry>.into_iter();
        let of_gears = gears.flat_map(|entry| withheld_by(entry.0.spec().kind));
        let named = options.blocking.iter().map(String::as_str);
        Routes {
            blocking: of_gears
                .chain(named)
                .map(|name| name.to_ascii_uppercase().into_bytes())
                .collect(),
        }
    }

    /// The way of one command.
    #[cfg(any(feature = "aio", test))]
    pub(super) fn of<'a>(&self, args: impl Iterator<Item = &'a [u8]>) -> Route<'a> {
        self.of_pipeline(std::iter::once(args), false)
    }

    /// The way of a command of a pipeline.
    fn of_one<'a>(&self, mut args: impl Iterator<Item = &'a [u8]>, is_first: bool) -> Route<'a> {
        let mut buffer = [0; LONGEST];
        let sent = args.next().unwrap_or_default();
        let name = upper(sent, &mut buffer);
        match name {
            // They wait for the writes of their own socket.
            b"WAIT" | b"WAITAOF" if is_first => Route::Refused(sent),
            b"XREAD" | b"XREADGROUP" if has_block(&mut args) => Route::Own,
            b"CLIENT" if is_of_socket(args.next().unwrap_or_default()) => Route::Refused(sent),
            // Every script of the socket would be debugged.
            b"SCRIPT" if is(args.next(), b"DEBUG") => Route::Refused(sent),
            // The server asks others before it answers.
            _ if name.starts_with(b"RG.") && is(args.next(), b"CLUSTER") => Route::Own,
            b"RG.ABORTEXECUTION"
            | b"RG.CLEARREGISTRATIONSSTATS"
            | b"RG.CONFIGGET"
            | b"RG.CONFIGSET"
            | b"RG.DROPEXECUTION"
            | b"RG.DUMPPLUGINS"
            | b"RG.GETEXECUTION"
            | b"RG.GETRESULTS"
            | b"RG.INFOCLUSTER"
            | b"RG.PAUSEREGISTRATIONS"
            | b"RG.PYSTATS"
            | b"RG.REFRESHCLUSTER"
            | b"RG.UNPAUSEREGISTRATIONS"
            | b"RG.UNREGISTER" => Route::Shared,
            b"BLPOP" | b"BRPOP" | b"BLMOVE" | b"BRPOPLPUSH" | b"BLMPOP" | b"BZPOPMIN"
            | b"BZPOPMAX" | b"BZMPOP" | b"WAIT" | b"WAITAOF" => Route::Own,
            b"SUBSCRIBE" | b"PSUBSCRIBE" | b"SSUBSCRIBE" | b"UNSUBSCRIBE" | b"PUNSUBSCRIBE"
            | b"SUNSUBSCRIBE" | b"MONITOR" | b"SYNC" | b"PSYNC" | b"REPLCONF" | b"SELECT"
            | b"WATCH" | b"UNWATCH" | b"MULTI" | b"EXEC" | b"DISCARD" | b"AUTH" | b"HELLO"
            | b"RESET" | b"QUIT" | b"READONLY" | b"READWRITE" | b"ASKING" => Route::Refused(sent),
            _ if name.starts_with(b"RG.") => Route::Own,
            _ if !self.blocking.is_empty() && self.blocking.contains(name) => Route::Own,
            _ => Route::Shared,
        }
    }

    /// The way of several commands that are sent together.
    pub(super) fn of_pipeline<'a, A: Iterator<Item = &'a [u8]>>(
        &self,
        commands: impl Iterator<Item = A>,
        is_transaction: bool,
    ) -> Route<'a> {
        let mut route = Route::Shared;
        let mut commands = commands.enumerate().peekable();
        while let Some((at, command)) = commands.next() {
            let mut command = command.peekable();
            // It is about the command behind it alone.
            let is_asking = command
                .peek()
                .is_some_and(|name| name.eq_ignore_ascii_case(b"ASKING"));
            if is_asking && commands.peek().is_some() {
                continue;
            }
            match self.of_one(command, at == 0) {
                Route::Shared => {}
                // Nothing blocks inside of a transaction: the server answers at once or refuses the command.
                Route::Own if is_transaction => {}
                Route::Own => route = Route::Own,
                refused @ Route::Refused(_) => return refused,
            }
        }
        route
    }
}

/// The name in upper case; a name that is too long is no command that the table knows.
fn upper<'b>(name: &[u8], buffer: &'b mut [u8; LONGEST]) -> &'b [u8] {
    match buffer.get_mut(..name.len()) {
        Some(upper) => {
            upper.copy_from_slice(name);
            upper.make_ascii_uppercase();
            upper
        }
        None => b"",
    }
}

/// Whether a command that reads streams waits for messages. `BLOCK` stands before `STREAMS`.
fn has_block<'a>(args: impl Iterator<Item = &'a [u8]>) -> bool {
    args.take_while(|arg| !arg.eq_ignore_ascii_case(b"STREAMS"))
        .any(|arg| arg.eq_ignore_ascii_case(b"BLOCK"))
}

/// Whether a command has this word, in upper or lower case.
fn is(arg: Option<&[u8]>, word: &[u8]) -> bool {
    arg.is_some_and(|arg| arg.eq_ignore_ascii_case(word))
}

/// Whether this form of `CLIENT` sets something for the socket that sends it.
fn is_of_socket(form: &[u8]) -> bool {
    let mut buffer = [0; LONGEST];
    matches!(
        upper(form, &mut buffer),
        b"REPLY"
            | b"TRACKING"
            | b"CACHING"
            | b"SETNAME"
            | b"SETINFO"
            | b"NO-EVICT"
            | b"NO-TOUCH"
            | b"CAPA"
            | b"IMPORT-SOURCE"
    )
}

/// The commands of Redis whose answer a gear withholds until it has run on another thread.
fn withheld_by(kind: GearKind) -> Vec<&'static str> {
    match kind {
        GearKind::Command {
            mode: Mode::AsyncLocal | Mode::Async,
            hook: Some(hook),
            ..
        } => vec![hook.command],
        GearKind::Keys(keys) if keys.mode != Mode::Sync => keys.commands.to_vec(),
        _ => Vec::new(),
    }
}

/// The error for a command that a pool does not send.
pub(super) fn refused(name: &[u8]) -> redis::RedisError {
    let name = String::from_utf8_lossy(name);
    let upper = name.to_ascii_uppercase();
    let form = match upper.as_str() {
        "SCRIPT" => " with DEBUG",
        "CLIENT" => " of this form",
        _ => "",
    };
    let reason = match upper.as_str() {
        "WAIT" | "WAITAOF" => {
            "because it waits for the writes of its own socket: send it in one `redis::pipe()` behind those writes"
        }
        _ => {
            "because it is about the socket that sends it, and other calls use that: open a connection for it, with \
              `redgrease::connect(..)`, `redgrease::connect_async(..)` or redis-rs (a transaction without WATCH is \
              `redis::pipe().atomic()`; user and password belong into the address)"
        }
    };
    Error::config(format!("a pool does not send `{name}`{form}, {reason}")).into_redis()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        Routes::new(&PoolOptions::new().blocking_commands(["hget"]))
    }

    fn route(command: &str) -> Route<'_> {
        routes().of(command.split(' ').map(str::as_bytes))
    }

    #[test]
    fn commands_that_are_answered_at_once_share_a_socket() {
        for command in [
            "GET x",
            "set x y",
            "PING",
            "INFO server",
            "EVAL x 0",
            "FCALL f 0",
            "XREAD COUNT 2 STREAMS BLOCK 0",
            "XREADGROUP GROUP g c STREAMS s >",
            "XADD s * BLOCK 1",
            "LPOP x",
            "CLIENT LIST",
            "client kill id 3",
            "CLIENT PAUSE 1",
            "CLIENT TRACKINGINFO",
            "SCRIPT LOAD x",
            "SCRIPT EXISTS debug",
            "DEBUG SLEEP 0",
            "RG.ABORTEXECUTION 0-1",
            "rg.configget MaxExecutions",
            "RG.GETRESULTS 0-1",
            "",
            "A.NAME.THAT.IS.LONGER.THAN.ANY.COMMAND.OF.REDIS x",
        ] {
            assert_eq!(route(command), Route::Shared, "{command}");
        }
    }

    #[test]
    fn commands_that_block_have_a_socket_of_their_own() {
        for command in [
            "BLPOP x 0",
            "brpop x 0",
            "BLMOVE a b LEFT LEFT 0",
            "BRPOPLPUSH a b 0",
            "BLMPOP 0 1 x LEFT",
            "BZPOPMIN z 0",
            "BZPOPMAX z 0",
            "BZMPOP 0 1 z MIN",
            "XREAD BLOCK 0 STREAMS s $",
            "xreadgroup GROUP g c COUNT 1 block 10 streams s >",
            "RG.TRIGGER t",
            "rg.triggeronkey t k",
            "RG.PYEXECUTE GB().run()",
            "RG.PYEXECUTE GB().run() UNBLOCKING",
            "RG.GETRESULTSBLOCKING 0-1",
            "RG.DUMPREGISTRATIONS",
            "RG.PYDUMPSESSIONS",
            "RG.SOMETHINGNEW",
            "RG.CONFIGSET CLUSTER a 1",
            "rg.pauseregistrations cluster x-1",
            "HGET h f",
        ] {
            assert_eq!(route(command), Route::Own, "{command}");
        }
    }

    #[test]
    fn commands_that_change_a_socket_are_refused() {
        for command in [
            "SUBSCRIBE c",
            "psubscribe c*",
            "SSUBSCRIBE c",
            "UNSUBSCRIBE",
            "MONITOR",
            "SELECT 1",
            "WATCH x",
            "UNWATCH",
            "MULTI",
            "EXEC",
            "DISCARD",
            "AUTH p",
            "HELLO 3",
            "RESET",
            "QUIT",
            "PSYNC ? -1",
            "CLIENT REPLY OFF",
            "client setname x",
            "CLIENT TRACKING ON",
            "CLIENT NO-TOUCH ON",
            "CLIENT NO-EVICT ON",
            "CLIENT CACHING YES",
            "CLIENT SETINFO lib-name x",
            "CLIENT CAPA redirect",
            "client import-source on",
            "SCRIPT DEBUG YES",
            "script debug sync",
            "SYNC",
            "REPLCONF ACK 0",
            "READONLY",
            "READWRITE",
            "ASKING",
            "SUNSUBSCRIBE",
            "PUNSUBSCRIBE",
            "WAIT 1 0",
            "waitaof 1 0 0",
        ] {
            let name = command.split(' ').next().unwrap().as_bytes();
            assert_eq!(route(command), Route::Refused(name), "{command}");
        }
        let error = crate::Error::from(refused(b"SELECT"));
        assert!(error.to_string().contains("`SELECT`"), "{error}");
        let error = crate::Error::from(refused(b"wait"));
        assert!(error.to_string().contains("behind those writes"), "{error}");
    }

    fn pipeline<'a>(commands: &[&'a str], is_transaction: bool) -> Route<'a> {
        let commands = commands.iter().map(|c| c.split(' ').map(str::as_bytes));
        routes().of_pipeline(commands, is_transaction)
    }

    #[test]
    fn a_pipeline_goes_the_way_of_its_slowest_command() {
        assert_eq!(pipeline(&["GET x", "SET x y"], false), Route::Shared);
        assert_eq!(pipeline(&["GET x", "BLPOP x 0"], false), Route::Own);
        assert_eq!(pipeline(&["ASKING", "GET x"], false), Route::Shared);
        assert_eq!(pipeline(&["asking", "RG.TRIGGER t"], false), Route::Own);
        let refused = Route::Refused(b"ASKING");
        assert_eq!(pipeline(&["GET x", "ASKING"], false), refused);
        assert_eq!(
            pipeline(&["BLPOP x 0", "SELECT 1"], false),
            Route::Refused(b"SELECT")
        );
        // WAIT waits for the writes of its own socket.
        assert_eq!(pipeline(&["SET x y", "WAIT 1 0"], false), Route::Own);
        assert_eq!(
            pipeline(&["WAIT 1 0", "SET x y"], false),
            Route::Refused(b"WAIT")
        );
        // Inside of a transaction nothing blocks.
        assert_eq!(pipeline(&["GET x", "BLPOP x 0"], true), Route::Shared);
        assert_eq!(pipeline(&["SELECT 1"], true), Route::Refused(b"SELECT"));
    }
}
