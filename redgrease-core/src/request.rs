//! A call before it is sent.

use crate::convert::{Argument, Writer};
use crate::error::{DecodeError, EncodeError, Error, Result};
use crate::gear::{Gear, GearKind, Mode};
use crate::profile::{self, Profile};
use redis::{Cmd, RedisError, RedisResult, Value};
use smallvec::SmallVec;
use std::time::Duration;

type Decode<T> = fn(Value) -> Result<T, DecodeError>;

/// A call before it is sent. The generated function sends it at once; use a `Call` to set options.
///
/// ```ignore
/// let page = cache_get::call("http://example.org/").timeout(Duration::from_secs(5)).on(&mut con)?;
/// ```
#[must_use = "a call does nothing until `.on(..)` or `.on_async(..)` sends it"]
#[derive(Debug, Clone)]
pub struct Call<T> {
    pub(crate) gear: &'static Gear,
    args: Result<Args, EncodeError>,
    pub(crate) timeout: Limit,
    pub(crate) heal: bool,
    pub(crate) key: Option<Vec<u8>>,
    decode: Decode<T>,
}

/// The time limit of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// That of the options of the connection.
    OfConnection,
    Never,
    After(Duration),
}

/// The arguments of one call in one buffer: most calls allocate once.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct Args {
    writer: Writer,
    begins: SmallVec<[usize; 4]>,
}

impl Args {
    /// Begins the next argument.
    pub fn arg(&mut self) -> &mut Writer {
        self.begins.push(self.writer.bytes_so_far().len());
        &mut self.writer
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.writer.bytes_so_far();
        let ends = self.begins.iter().skip(1).copied().chain([bytes.len()]);
        self.begins
            .iter()
            .zip(ends)
            .map(|(&begin, end)| bytes.get(begin..end).unwrap_or_default())
    }
}

/// Encodes the arguments of one call.
fn encoded(gear: &Gear, args: &[&dyn Argument]) -> Result<Args, EncodeError> {
    let mut collected = Args::default();
    for (i, arg) in args.iter().enumerate() {
        arg.encode_value(collected.arg())
            .map_err(|e| e.of_argument(gear, i))?;
    }
    Ok(collected)
}

impl<T> Call<T> {
    /// A call with one value for each argument.
    #[doc(hidden)]
    pub fn with(gear: &'static Gear, args: &[&dyn Argument], decode: Decode<T>) -> Self {
        Call::made(gear, encoded(gear, args), decode)
    }

    /// A call whose last argument takes any number of values.
    #[doc(hidden)]
    pub fn of(
        gear: &'static Gear,
        args: impl FnOnce(&mut Args) -> Result<(), EncodeError>,
        decode: Decode<T>,
    ) -> Self {
        let mut collected = Args::default();
        let args = match args(&mut collected) {
            Ok(()) => Ok(collected),
            Err(e) => Err(e.of_argument(gear, collected.begins.len().saturating_sub(1))),
        };
        Call::made(gear, args, decode)
    }

    fn made(gear: &'static Gear, args: Result<Args, EncodeError>, decode: Decode<T>) -> Self {
        Call {
            gear,
            args,
            timeout: Limit::OfConnection,
            heal: true,
            key: None,
            decode,
        }
    }

    /// Limits the time that the call waits for its answer, in place of
    /// [`Options::call_timeout`](crate::Options::call_timeout). With `None` the call waits as long as it takes, which is
    /// also the default without that option. A limit of zero is refused.
    ///
    /// The limit ends the waiting, not the gear: the gear continues to run on the server. The time to register a gear
    /// again that the server has lost counts: when the limit passes meanwhile, the gear did not run, the registration goes on
    /// in the server, and a later call finds the gear. The error says what goes on in the server, see
    /// [`Options::call_timeout`](crate::Options::call_timeout). An async call can be limited on every connection, but never to more
    /// than the response timeout of a connection that was not opened with `connect_async`. A blocking call can be
    /// limited only on connections of `connect` and on a `BlockingPool`: on others a limit is an error, since nothing could
    /// enforce it.
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeout = limit.into().map_or(Limit::Never, Limit::After);
        self
    }

    /// Reports an unknown trigger instead of registering the gear and repeating the call.
    pub fn no_heal(mut self) -> Self {
        self.heal = false;
        self
    }

    /// Runs the gear on the shard of a cluster that owns this key (`RG.TRIGGERONKEY`). The key is the first argument of the
    /// gear: the command hands it over as that.
    ///
    /// ```ignore
    /// let rank = rank_of::call("board:3", "ada").on_key("board:3").on(&mut con)?;
    /// ```
    pub fn on_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The gear.
    pub fn gear(&self) -> &'static Gear {
        self.gear
    }

    /// Whether the server answers the call at once: its thread for commands runs the gear.
    pub(crate) fn is_quick(&self) -> bool {
        let spec = self.gear.spec();
        let is_sync = matches!(
            spec.kind,
            GearKind::Command {
                mode: Mode::Sync,
                ..
            }
        );
        is_sync && !spec.coroutine && self.key.is_none()
    }

    /// The command, to send it by other means. Its trigger has the namespace of connections of redis-rs, see
    /// [`Options`](crate::Options).
    ///
    /// # Errors
    ///
    /// When an argument has no counterpart in Python.
    pub fn to_cmd(&self) -> Result<Cmd> {
        self.to_cmd_with(&profile::default())
    }

    /// The command for a connection with this profile.
    pub(crate) fn to_cmd_with(&self, profile: &Profile) -> Result<Cmd> {
        let args = self
            .args
            .as_ref()
            .map_err(|e| Error::from(e.clone()).of_gear(self.gear))?;
        let trigger = profile.trigger_of(self.gear).ok_or_else(|| {
            Error::config(format!(
                "gear `{}` is not a command: nothing can call it",
                self.gear.name()
            ))
        })?;
        let name = if self.key.is_some() {
            "RG.TRIGGERONKEY"
        } else {
            "RG.TRIGGER"
        };
        if let Some(key) = self.key.as_deref()
            && args.iter().next() != Some(key)
        {
            return Err(Error::config(format!(
                "gear `{}` was called on the key `{}`, which is not its first argument, as which the server hands a key over: \
                 give the gear the key as its first argument",
                self.gear.name(),
                key.escape_ascii()
            )));
        }
        let sizes = [name.len(), trigger.len(), args.writer.bytes_so_far().len()];
        let mut cmd = Cmd::with_capacity(args.begins.len() + 2, sizes.into_iter().sum());
        cmd.arg(name).arg(trigger.as_ref());
        for arg in args.iter() {
            cmd.arg(arg);
        }
        Ok(cmd)
    }

    /// Reads the answer to the command of [`to_cmd`](Self::to_cmd), sent by other means.
    ///
    /// # Errors
    ///
    /// When the answer is an error, or not of the type `T`.
    pub fn read(&self, answer: Value) -> Result<T> {
        self.read_with(answer, &profile::default())
    }

    /// Reads the answer that came over a connection with this profile.
    pub(crate) fn read_with(&self, answer: Value, profile: &Profile) -> Result<T> {
        decode(answer, self.gear, profile, self.decode)
    }

    /// Reads the result of sending the command with this limit.
    pub(crate) fn finish(
        &self,
        answer: RedisResult<Value>,
        profile: &Profile,
        limit: Option<Duration>,
    ) -> Result<T> {
        match answer {
            Ok(value) => self.read_with(value, profile),
            Err(e) => Err(failed(e, self.gear, profile).within(limit)),
        }
    }
}

/// Reads an answer to a call of `gear`.
pub(crate) fn decode<T>(
    answer: Value,
    gear: &Gear,
    profile: &Profile,
    decode: Decode<T>,
) -> Result<T> {
    let value = answer
        .extract_error()
        .map_err(|e| failed(e, gear, profile))?;
    decode(value).map_err(|e| Error::from(e).of_gear(gear))
}

fn failed(e: RedisError, gear: &Gear, profile: &Profile) -> Error {
    Error::of_call(e, gear, &profile.trigger_of(gear).unwrap_or_default())
}
