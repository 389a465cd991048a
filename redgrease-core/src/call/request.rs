//! A call that is not sent yet.

use crate::convert::Writer;
use crate::error::{DecodeError, EncodeError, Error, Result};
use crate::registry::{Gear, trigger_name};
use redis::{Cmd, Value};
use smallvec::SmallVec;
use std::time::Duration;

type Decode<T> = fn(Value) -> Result<T, DecodeError>;

/// A call that is not sent yet: what the generated function sends at once, and where its options are.
///
/// ```ignore
/// let page = cache_get::call("http://example.org/").timeout(Duration::from_secs(5)).on(&mut con)?;
/// ```
#[must_use = "a call does nothing until `.on(..)` or `.on_async(..)` sends it"]
#[derive(Debug, Clone)]
pub struct Call<T> {
    pub(super) gear: &'static Gear,
    args: Result<Args, EncodeError>,
    pub(super) timeout: Option<Duration>,
    pub(super) heal: bool,
    pub(super) key: Option<Vec<u8>>,
    decode: Decode<T>,
}

/// Collects the arguments of one call, one behind the other: most calls need memory once.
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

impl<T> Call<T> {
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
        Call {
            gear,
            args,
            timeout: None,
            heal: true,
            key: None,
            decode,
        }
    }

    /// Limits how long an answer is awaited. Without it a call waits as long as it takes.
    ///
    /// The limit is about waiting: what was called goes on running on the server. The time to register a gear that
    /// the server has lost does not count. An async call can be limited on every connection, but never to more than
    /// the response timeout of a connection that was not opened with `connect_async`. A blocking call can be limited
    /// on connections of `connect` only: on others it is an error, since nothing could enforce it.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Reports an unknown trigger instead of registering the gear and calling it once more.
    pub fn no_heal(mut self) -> Self {
        self.heal = false;
        self
    }

    /// In a cluster: runs on the shard that owns this key (`RG.TRIGGERONKEY`).
    pub fn on_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The gear that is called.
    pub fn gear(&self) -> &'static Gear {
        self.gear
    }

    /// The command that will be sent.
    ///
    /// # Errors
    ///
    /// When an argument has no counterpart in Python.
    pub fn to_cmd(&self) -> Result<Cmd> {
        let args = self
            .args
            .as_ref()
            .map_err(|e| Error::from(e.clone()).of_gear(self.gear))?;
        let trigger = trigger_name(self.gear).ok_or_else(|| {
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
        let key = self.key.as_deref();
        let sizes = [
            name.len(),
            trigger.len(),
            key.map_or(0, <[u8]>::len),
            args.writer.bytes_so_far().len(),
        ];
        let mut cmd = Cmd::with_capacity(args.begins.len() + 3, sizes.into_iter().sum());
        cmd.arg(name).arg(trigger.as_ref());
        if let Some(key) = key {
            cmd.arg(key);
        }
        for arg in args.iter() {
            cmd.arg(arg);
        }
        Ok(cmd)
    }

    /// Reads the answer to the command of [`to_cmd`](Self::to_cmd), sent by other means.
    ///
    /// # Errors
    ///
    /// When it is an error, or not what the type says.
    pub fn read(&self, answer: Value) -> Result<T> {
        decode(answer, self.gear, self.decode)
    }

    pub(super) fn finish(&self, answer: redis::RedisResult<Value>) -> Result<T> {
        match answer {
            Ok(value) => self.read(value),
            Err(e) => Err(Error::of_call(e, self.gear).within(self.timeout)),
        }
    }
}

/// Reads an answer to a call of `gear`.
pub(crate) fn decode<T>(answer: Value, gear: &Gear, decode: Decode<T>) -> Result<T> {
    let value = answer
        .extract_error()
        .map_err(|e| Error::of_call(e, gear))?;
    decode(value).map_err(|e| Error::from(e).of_gear(gear))
}
