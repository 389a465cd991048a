//! Registrations in the replies of `RG.DUMPREGISTRATIONS` and `RG.PYDUMPSESSIONS VERBOSE`.

use super::fields::{Fields, text};
use super::serialize;
use crate::error::{GearError, Result};
use crate::gear::Mode;
use crate::keyword::{ReaderType, RegistrationStatus};
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// A gear function that the server runs for each event or command it is registered for.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct RegistrationInfo {
    /// Id of the registration, which `RG.UNREGISTER` takes.
    pub id: String,
    /// `CommandReader`, `KeysReader` or `StreamReader`.
    pub reader: String,
    /// Description given at registration.
    pub description: Option<String>,
    /// Session of the registration, if the server reports it.
    pub session: Option<String>,
    /// `sync`, `async_local` or `async`.
    pub mode: String,
    /// Number of times the registration was triggered.
    pub triggered: u64,
    /// Number of successful runs.
    pub succeeded: u64,
    /// Number of failed runs.
    pub failed: u64,
    /// Number of aborted runs.
    pub aborted: u64,
    /// Duration of the last run, in whole milliseconds.
    #[serde(serialize_with = "serialize::millis")]
    pub last_run: Duration,
    /// Total duration of all runs, in whole milliseconds.
    #[serde(serialize_with = "serialize::millis")]
    pub total_run: Duration,
    /// Average duration of a run, in milliseconds.
    pub average_run_ms: f64,
    /// Error of the last failed run.
    pub last_error: Option<String>,
    /// State of a stream reader.
    pub status: Option<String>,
    /// Number of shards that have the registration, in a listing of all shards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<u64>,
    /// The errors about shards that have not answered, in a listing of all shards: the row does not count them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Arguments of the registration by name: `trigger`, `regex`, `eventTypes`, `stream`, ..
    #[serde(serialize_with = "serialize::values")]
    pub args: BTreeMap<String, Value>,
    /// All other fields of the reply.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl RegistrationInfo {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::from_row(row)?;
        let mut data = match fields.take("RegistrationData") {
            Some(data) => Fields::from_row(data)?,
            None => Fields::default(),
        };
        let args = match data.take("args") {
            Some(args) => Fields::from_row(args)?.rest(),
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
            shards: fields
                .optional_text("shards")
                .and_then(|shards| shards.parse().ok()),
            missing: fields.texts("missing"),
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

    /// The key pattern of a keys reader: a key or a prefix and `*`.
    pub fn prefix(&self) -> Option<String> {
        text(self.args.get("regex")?)
    }

    /// The stream pattern of a stream reader: a stream or a prefix and `*`.
    pub fn stream(&self) -> Option<String> {
        text(self.args.get("stream")?)
    }

    /// The reader, if this crate knows it.
    pub fn reader_type(&self) -> Option<ReaderType> {
        self.reader.parse().ok()
    }

    /// The mode, if this crate knows it.
    pub fn trigger_mode(&self) -> Option<Mode> {
        self.mode.parse().ok()
    }

    /// The exception of the last failed run, with its location in the source, if the registration is a gear of this
    /// crate. For other registrations see [`last_error`](Self::last_error), which is Python's text.
    pub fn last_exception(&self) -> Option<GearError> {
        GearError::from_line(self.last_error.as_deref()?)
    }

    /// State of a stream reader.
    pub fn stream_status(&self) -> Option<RegistrationStatus> {
        self.status.as_deref().map(Into::into)
    }
}

/// Extracts the session from the field PD: `{'sessionName':'s', ..`.
fn session_name(pd: &str) -> Option<String> {
    let rest = pd.split_once("'sessionName':'")?.1;
    Some(rest.split_once('\'')?.0.to_owned())
}
