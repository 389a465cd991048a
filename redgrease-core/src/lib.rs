//! Client of RedGrease: commands, typed values, the registry of gears.
//!
//! Users depend on the crate `redgrease`, which re-exports everything here next to the macros.
//!
//! * `convert`: Rust types and their counterparts in Python. `request`: [`Call`], a call before it is sent.
//! * `call`: sends calls. `connection`: the connections they are sent over.
//! * `gear`: descriptions of gears, plain data. `registry`: registers them. `profile`: the options of that.
//! * `builder`: typed chains of operations. `event`: arguments of event functions.
//! * `commands`: the server's commands on every redis-rs connection. `prelude`: the Python that is sent.
//! * `requirement`: Python packages that gears need. `keyword`: enums for the words of servers.
//! * `error`: errors of all of this. `location`: places in the Rust source. `trace`: spans.
//!
//! A module names only modules below it: the test `tests/layers.rs` holds the table.

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
mod gear;
mod keyword;
mod location;
mod prelude;
mod profile;
mod registry;
mod request;
mod requirement;
mod trace;

pub use builder::{
    Any, AnyCallback, BatchReader, Bytes, Callback, Closed, CommandReader, CommandRegister,
    EventReader, GearsBuilder, IfTaken, IntoCallback, IntoRegistration, KeysOnlyReader,
    KeysOnlyRun, KeysReader, KeysRegister, KeysRun, Number, Open, PlainRun, PythonReader, Reader,
    Records, Run, ScriptFile, ShardsIDReader, StillOpen, StreamReader, StreamRegister, StreamRun,
    py_literal,
};
pub use call::{Calls, Pipe, pipe};
#[cfg(feature = "aio")]
pub use commands::AsyncConfig;
#[cfg(feature = "aio")]
pub use commands::AsyncGearsCommands;
pub use commands::{
    AsId, ClusterInfo, ClusterSetting, Config, ConfigValue, ExecId, Executed, Execution,
    ExecutionFilter, ExecutionPlan, ExecutionResult, ExecutionStep, ExportedRequirement,
    GearsCommands, GearsPipeline, GearsVersion, Module, Plugin, PyExecuteOptions, PyStats,
    RegistrationFilter, RegistrationInfo, Requirement, RequirementFilter, Session, SessionsOptions,
    ShardInfo, cmd,
};
pub use connection::{
    AnyOf, BlockingPool, Con, Connection, IntoAddresses, PoolMetrics, PoolOptions, connect,
};
#[cfg(feature = "aio")]
pub use connection::{AsyncCon, AsyncConnection, Pool, connect_async};
#[doc(hidden)]
pub use convert::GearRefusal;
pub use convert::{Codec, GearArg, GearReply, GearResult, Json, PerShard, Writer};
pub use error::{DecodeError, EncodeError, Error, ErrorKind, Frame, GearError, Result};
pub use event::{KeyArg, KeyRecord, StoredScalar, StoredValue, StreamArg, StreamRecord, Untyped};
pub use gear::{
    Entry, EverySpec, FailurePolicy, Gear, GearKind, GearSpec, Hook, KeysSpec, Mode, OnRegistered,
    Program, PythonModule, Registration, SourceForm, StreamSpec,
};
pub use keyword::{
    ExecLocality, ExecutionStatus, KeyType, KeywordError, LogLevel, ReaderType, RegistrationStatus,
};
pub use location::Location;
pub use profile::{Options, Policy, RedgreasePackage};
pub use registry::{
    Action, Flapping, Orphan, Report, SessionReport, gears, orphans, register_all,
    register_all_with, start, start_with, unregister_orphans,
};
#[cfg(feature = "aio")]
pub use registry::{
    orphans_async, register_all_async, register_all_async_with, start_async, start_async_with,
    unregister_orphans_async,
};
pub use request::{Args, Call};
pub use requirement::{Requirements, Specifier, normalized_name};

/// Private API used by macro expansions; not covered by semver.
#[doc(hidden)]
pub mod __rt {
    pub use crate::convert::Argument;
    pub use inventory;
    pub use redis;
    pub use serde::Serialize;
    pub use serde::de::DeserializeOwned;
    pub use serde_json::value::RawValue;

    /// Reads the JSON of a serde type.
    ///
    /// # Errors
    ///
    /// When the JSON does not have the shape of the type.
    pub fn from_json_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, crate::DecodeError> {
        crate::convert::from_slice(json)
    }

    /// Reads an answer to a call of `gear`.
    ///
    /// # Errors
    ///
    /// When the answer is an error, or not of the type `T`.
    pub fn decode<T>(
        answer: redis::Value,
        gear: &crate::Gear,
        decode: fn(redis::Value) -> Result<T, crate::DecodeError>,
    ) -> crate::Result<T> {
        crate::request::decode(answer, gear, &crate::profile::default(), decode)
    }
}
