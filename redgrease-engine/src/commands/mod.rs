//! The commands `RG.*`, one file per family.

mod cluster;
mod config;
mod elsewhere;
mod executions;
mod get_execution;
mod info;
mod listing;
mod pauses;
mod profile;
mod pyexecute;
mod registrations;
mod requirements;
mod retired;
mod rows;
mod sections;
mod sessions;
mod sums;
#[cfg(test)]
mod tests;
mod time_events;
mod trigger;

pub(crate) use elsewhere::start as answer_shards;
pub(crate) use sections::{Parts, sections, tell_parts};

use crate::redis::{Admin, Class, Command, Context, Internal, Public, register};

/// Registers all commands, each with its class. `book/src/engine.md` has the same list for operators, and a test compares them.
///
/// # Errors
/// The name of the command that the server refused.
pub(crate) fn register_all(context: &Context) -> Result<(), String> {
    fn one<C: Command, K: Class>(context: &Context) -> Result<(), String> {
        if register::<C, K>(context) {
            Ok(())
        } else {
            Err(format!(
                "the server refused the command {}: is another Gears module loaded?",
                C::NAME
            ))
        }
    }
    one::<pyexecute::PyExecute, Admin>(context)?;
    one::<trigger::Trigger, Public>(context)?;
    one::<trigger::TriggerOnKey, Public>(context)?;
    one::<trigger::InnerHook, Public>(context)?;
    one::<trigger::InnerHookRead, Public>(context)?;
    one::<trigger::InnerHookKeyless, Public>(context)?;
    one::<trigger::InnerHookWrite, Public>(context)?;
    one::<trigger::InnerHookGrow, Public>(context)?;
    one::<registrations::DumpRegistrations, Public>(context)?;
    one::<registrations::Unregister, Admin>(context)?;
    one::<registrations::InnerRegister, Internal>(context)?;
    one::<registrations::InnerAddRegistration, Internal>(context)?;
    one::<registrations::InnerUnregister, Internal>(context)?;
    one::<pauses::ClearRegistrationsStats, Admin>(context)?;
    one::<pauses::PauseRegistrations, Admin>(context)?;
    one::<pauses::UnpauseRegistrations, Admin>(context)?;
    one::<executions::DumpExecutions, Public>(context)?;
    one::<get_execution::GetExecution, Public>(context)?;
    one::<executions::GetResults, Public>(context)?;
    one::<executions::GetResultsBlocking, Public>(context)?;
    one::<executions::DropExecution, Public>(context)?;
    one::<executions::AbortExecution, Public>(context)?;
    one::<sessions::PyDumpSessions, Public>(context)?;
    one::<requirements::PyDumpReqs, Public>(context)?;
    one::<requirements::PyExportReq, Admin>(context)?;
    one::<requirements::PyImportReq, Admin>(context)?;
    one::<config::ConfigGet, Public>(context)?;
    one::<config::ConfigSet, Admin>(context)?;
    one::<profile::PyProfile, Admin>(context)?;
    one::<info::PyStats, Public>(context)?;
    one::<cluster::InfoCluster, Public>(context)?;
    one::<cluster::RefreshCluster, Admin>(context)?;
    one::<info::DumpPlugins, Public>(context)?;
    one::<time_events::InnerTimeEvent, Internal>(context)?;
    one::<cluster::Hello, Public>(context)?;
    one::<cluster::ClusterSet, Admin>(context)?;
    one::<cluster::ClusterSetFromShard, Internal>(context)?;
    one::<cluster::InnerMessage, Internal>(context)?;
    one::<cluster::NetworkTest, Admin>(context)?;
    one::<cluster::PyImportRetInternal, Internal>(context)?;
    one::<retired::PyFreeInterpreter, Public>(context)?;
    one::<retired::PyExecuteRemote, Public>(context)
}
