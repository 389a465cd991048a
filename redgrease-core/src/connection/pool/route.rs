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
pub(super) enum Route {
    /// The server answers at once: over a socket that others use at the same time.
    Shared,
    /// The answer may take long: over a socket that nobody else uses meanwhile.
    Own,
    /// The command changes the state of a socket, or never gets one answer.
    Refused,
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
    pub(super) fn of<'a>(&self, mut args: impl Iterator<Item = &'a [u8]>) -> Route {
        let mut buffer = [0; LONGEST];
        let name = upper(args.next().unwrap_or_default(), &mut buffer);
        match name {
            b"XREAD" | b"XREADGROUP" if has_block(&mut args) => Route::Own,
            b"CLIENT" => of_client(args.next().unwrap_or_default()),
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
            | b"RESET" | b"QUIT" | b"READONLY" | b"READWRITE" | b"ASKING" => Route::Refused,
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
    ) -> Route {
        let mut route = Route::Shared;
        for command in commands {
            match self.of(command) {
                Route::Shared => {}
                // Nothing blocks inside of a transaction: the server answers at once or refuses the command.
                Route::Own if is_transaction => {}
                Route::Own => route = Route::Own,
                Route::Refused => return Route::Refused,
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

/// The way of `CLIENT ..`: some of its forms set something for the socket that sends them.
fn of_client(form: &[u8]) -> Route {
    let mut buffer = [0; LONGEST];
    match upper(form, &mut buffer) {
        b"REPLY" | b"TRACKING" | b"CACHING" | b"SETNAME" | b"SETINFO" | b"NO-EVICT"
        | b"NO-TOUCH" => Route::Refused,
        _ => Route::Shared,
    }
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
    Error::config(format!(
        "a pool does not send `{}`, because it would change a socket that other calls use: open a connection for it, \
         with `redgrease::connect(..)`, `redgrease::connect_async(..)` or redis-rs (a transaction without WATCH is \
         `redis::pipe().atomic()`; user and password belong into the address)",
        String::from_utf8_lossy(name)
    ))
    .into_redis()
}

/// The commands in packed form: what redis-rs hands to blocking connections.
#[derive(Debug, Clone)]
pub(super) struct Packed<'a>(&'a [u8]);

impl<'a> Packed<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Packed(bytes)
    }

    /// The number after a mark: `*3\r\n` or `$5\r\n`.
    fn number(&mut self, mark: u8) -> Option<usize> {
        let rest = self.0.strip_prefix(&[mark])?;
        let end = rest.iter().position(|byte| *byte == b'\r')?;
        let number = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
        self.0 = rest.get(end + 2..)?;
        Some(number)
    }

    fn word(&mut self) -> Option<&'a [u8]> {
        let length = self.number(b'$')?;
        let word = self.0.get(..length)?;
        self.0 = self.0.get(length + 2..)?;
        Some(word)
    }
}

/// The words of each command.
impl<'a> Iterator for Packed<'a> {
    type Item = std::vec::IntoIter<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let count = self.number(b'*')?;
        let words: Vec<_> = (0..count).map_while(|_| self.word()).collect();
        Some(words.into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        Routes::new(&PoolOptions::new().blocking_commands(["hget"]))
    }

    fn route(command: &str) -> Route {
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
            "WAIT 1 0",
            "WAITAOF 1 0 0",
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
        ] {
            assert_eq!(route(command), Route::Refused, "{command}");
        }
        let error = crate::Error::from(refused(b"SELECT"));
        assert!(error.to_string().contains("`SELECT`"), "{error}");
    }

    fn pipeline(commands: &[&str], is_transaction: bool) -> Route {
        let commands = commands.iter().map(|c| c.split(' ').map(str::as_bytes));
        routes().of_pipeline(commands, is_transaction)
    }

    #[test]
    fn a_pipeline_goes_the_way_of_its_slowest_command() {
        assert_eq!(pipeline(&["GET x", "SET x y"], false), Route::Shared);
        assert_eq!(pipeline(&["GET x", "BLPOP x 0"], false), Route::Own);
        assert_eq!(pipeline(&["BLPOP x 0", "SELECT 1"], false), Route::Refused);
        // Inside of a transaction nothing blocks.
        assert_eq!(pipeline(&["GET x", "BLPOP x 0"], true), Route::Shared);
        assert_eq!(pipeline(&["SELECT 1"], true), Route::Refused);
    }

    #[test]
    fn packed_commands_are_read() {
        let mut pipe = redis::pipe();
        pipe.cmd("SET")
            .arg("x")
            .arg("a\r\n$3\r\n")
            .cmd("PING")
            .cmd("XREAD")
            .arg("");
        let packed = pipe.get_packed_pipeline();
        let commands: Vec<Vec<&[u8]>> = Packed::new(&packed).map(Iterator::collect).collect();
        let expected: [&[&[u8]]; 3] = [
            &[b"SET", b"x", b"a\r\n$3\r\n"],
            &[b"PING"],
            &[b"XREAD", b""],
        ];
        assert_eq!(commands, expected);
        // Bytes of any kind end the reading.
        for cut in 0..packed.len() {
            for command in Packed::new(&packed[..cut]) {
                command.count();
            }
        }
        assert_eq!(Packed::new(b"*99999999999999999999999\r\n").count(), 0);
        assert_eq!(Packed::new(b"GET x\r\n").count(), 0);
    }
}
