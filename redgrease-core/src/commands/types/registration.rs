//! Registrations, as `RG.DUMPREGISTRATIONS` and `RG.PYDUMPSESSIONS VERBOSE` list them.

use super::fields::{Fields, text};
use super::serialize;
use crate::error::{GearError, Result};
use crate::gear::Mode;
use crate::keyword::{ReaderType, RegistrationStatus};
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// A function that the server runs when something happens.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct RegistrationInfo {
    /// Its id, which `RG.UNREGISTER` takes.
    pub id: String,
    /// `CommandReader`, `KeysReader` or `StreamReader`.
    pub reader: String,
    /// What was given as its description.
    pub description: Option<String>,
    /// The session it belongs to, if the server tells.
    pub session: Option<String>,
    /// `sync`, `async_local` or `async`.
    pub mode: String,
    /// How often it was caused.
    pub triggered: u64,
    /// How often it succeeded.
    pub succeeded: u64,
    /// How often it failed.
    pub failed: u64,
    /// How often it was stopped.
    pub aborted: u64,
    /// How long the last run took, in whole milliseconds.
    #[serde(serialize_with = "serialize::millis")]
    pub last_run: Duration,
    /// How long all runs took together.
    #[serde(serialize_with = "serialize::millis")]
    pub total_run: Duration,
    /// How long a run takes on average, in milliseconds.
    pub average_run_ms: f64,
    /// Why the last run failed.
    pub last_error: Option<String>,
    /// State of a stream reader.
    pub status: Option<String>,
    /// What it was registered for, by name: `trigger`, `regex`, `eventTypes`, `stream`, ..
    #[serde(serialize_with = "serialize::values")]
    pub args: BTreeMap<String, Value>,
    /// What the server says beyond that.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl RegistrationInfo {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::of(row)?;
        let mut data = match fields.take("RegistrationData") {
            Some(data) => Fields::of(data)?,
            None => Fields::default(),
        };
        let args = match data.take("args") {
            Some(args) => Fields::of(args)?.rest(),
            None => BTreeMap::new(),
        };
        let session = fields.optional_text("PD").and_then(|pd| session_name(&pd));
        let mut registration = RegistrationInfo {
            id: fields.text("id"),
            reader: fields.text("reader"),
            description: fields.optional_text("desc"),
            session,
            mode: data.text("mode"),
            triggered: data.number("numTriggered"),
            succeeded: data.number("numSuccess"),
            failed: data.number("numFailures"),
            aborted: data.number("numAborted"),
            last_run: Duration::from_millis(data.number("lastRunDurationMS")),
            total_run: Duration::from_millis(data.number("totalRunDurationMS")),
            average_run_ms: data.number("avgRunDurationMS"),
            last_error: data.optional_text("lastError"),
            status: data.optional_text("status"),
            args,
            extra: fields.rest(),
        };
        registration.extra.extend(data.rest());
        Ok(registration)
    }

    /// The trigger of a command.
    pub fn trigger(&self) -> Option<String> {
        text(self.args.get("trigger")?)
    }

    /// The prefix of the keys whose changes it reacts to.
    pub fn prefix(&self) -> Option<String> {
        text(self.args.get("regex")?)
    }

    /// The stream it reads, or the beginning of their names and `*`.
    pub fn stream(&self) -> Option<String> {
        text(self.args.get("stream")?)
    }

    /// The reader, if it is one this version knows.
    pub fn reader_type(&self) -> Option<ReaderType> {
        self.reader.parse().ok()
    }

    /// The mode, if it is one this version knows.
    pub fn trigger_mode(&self) -> Option<Mode> {
        self.mode.parse().ok()
    }

    /// Why the last run of a gear of this crate failed: the exception, with its place in the source. `None` for others,
    /// whose [`last_error`](Self::last_error) is the text of Python.
    pub fn last_exception(&self) -> Option<GearError> {
        GearError::of_line(self.last_error.as_deref()?)
    }

    /// State of a stream reader.
    pub fn stream_status(&self) -> Option<RegistrationStatus> {
        self.status.as_deref().map(Into::into)
    }
}

/// The session in the text servers call PD: `{'sessionName':'s', ..`.
fn session_name(pd: &str) -> Option<String> {
    let rest = pd.split_once("'sessionName':'")?.1;
    Some(rest.split_once('\'')?.0.to_owned())
}
