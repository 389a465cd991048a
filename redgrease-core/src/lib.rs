//! Client of RedGrease: commands, typed values, the registry of gears.
//!
//! Users depend on the crate `redgrease`, which re-exports everything here next to the macros.
//!
//! * `convert`: what a Rust type looks like in Python. `call`: calling a gear.
//! * `connection`: what it is called on. `registry`: what is registered, and how.
//! * `builder`: chains of operations, with types. `event`: what event functions take.
//! * `commands`: the server's commands on every redis-rs connection. `prelude`: the Python that is sent.
//! * `requirement`: Python packages that gears ask for. `keyword`: the sets of words of servers.
//! * `error`: what can go wrong.

#![allow(
    clippy::must_use_candidate,
    reason = "nearly every getter would carry the attribute"
)]
#![allow(clippy::doc_markdown, reason = "the names of products are not code")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod builder;
mod call;
mod commands;
mod connection;
mod convert;
mod error;
mod event;
mod keyword;
mod prelude;
mod registry;
mod requirement;
mod trace;

pub use builder::{
    Any, AnyCallback, BatchReader, Bytes, Callback, Closed, CommandReader, CommandRegister,
    EventReader, GearsBuilder, IfTaken, IntoCallback, IntoRegistration, KeysOnlyReader,
    KeysOnlyRun, KeysReader, KeysRegister, KeysRun, Number, Open, PlainRun, PythonReader, Reader,
    Records, Registration, Run, ScriptFile, ShardsIDReader, StillOpen, StreamReader,
    StreamRegister, StreamRun, py_literal,
};
pub use call::{Args, Call, Calls, Pipe, pipe};
#[cfg(feature = "aio")]
pub use commands::AsyncConfig;
#[cfg(feature = "aio")]
pub use commands::AsyncGearsCommands;
pub use commands::{
    AsId, ClusterInfo, Config, ConfigValue, ExecId, Executed, Execution, ExecutionFilter,
    ExecutionPlan, ExecutionResult, ExecutionStep, ExportedRequirement, GearsCommands,
    GearsPipeline, GearsVersion, Module, Plugin, PyExecuteOptions, PyStats, RegistrationFilter,
    RegistrationInfo, Requirement, RequirementFilter, Session, SessionsOptions, ShardInfo, cmd,
};
#[cfg(feature = "aio")]
pub use connection::{AsyncCon, AsyncConnection, AsyncSingleCon, connect_async};
pub use connection::{Con, Connection, SingleCon, connect};
pub use convert::{Codec, GearArg, GearReply, GearResult, Json, PerShard, Writer};
pub use error::{DecodeError, EncodeError, Error, ErrorKind, Frame, GearError, Result};
pub use event::{KeyArg, KeyRecord, StoredScalar, StoredValue, StreamArg, StreamRecord, Untyped};
pub use keyword::{
    ExecLocality, ExecutionStatus, KeyType, KeywordError, LogLevel, ReaderType, RegistrationStatus,
};
pub use registry::{
    Action, Entry, EverySpec, FailurePolicy, Gear, GearKind, GearSpec, Hook, KeysSpec, Location,
    Mode, OnRegistered, Options, Policy, PythonModule, RedgreasePackage, Report, SessionReport,
    SourceForm, StreamSpec, gears, register_all, register_all_with, start, start_with,
};
#[cfg(feature = "aio")]
pub use registry::{register_all_async, register_all_async_with, start_async, start_async_with};

pub use requirement::{Requirements, Specifier, normalized_name};

/// What the code of the macros names. Not for anybody else.
#[doc(hidden)]
pub mod __rt {
    pub use inventory;
    pub use redis;
    pub use serde::Serialize;
    pub use serde::de::DeserializeOwned;
    pub use serde_json::value::RawValue;

    /// Reads JSON that stands where a serde type is expected.
    ///
    /// # Errors
    ///
    /// When it is not one.
    pub fn from_json_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, crate::DecodeError> {
        crate::convert::from_slice(json)
    }

    /// Reads an answer to a call of `gear`.
    ///
    /// # Errors
    ///
    /// When it is an error, or not what the type says.
    pub fn decode<T>(
        answer: redis::Value,
        gear: &crate::Gear,
        decode: fn(redis::Value) -> Result<T, crate::DecodeError>,
    ) -> crate::Result<T> {
        crate::call::decode(answer, gear, decode)
    }
}
