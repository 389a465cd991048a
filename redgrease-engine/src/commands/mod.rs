//! The commands `RG.*`, one file per family.

mod cluster;
mod config;
mod executions;
#[cfg(feature = "bench")]
mod floor;
mod get_execution;
mod info;
mod listing;
mod profile;
mod pyexecute;
mod registrations;
mod requirements;
mod retired;
mod rows;
mod sections;
mod sessions;
#[cfg(test)]
mod tests;
mod time_events;
mod trigger;

pub(crate) use sections::{sections, tell_python_version};

use crate::redis::{Command, Context, register};

/// Registers all commands.
///
/// # Errors
/// The name of the command that the server refused.
pub(crate) fn register_all(context: &Context) -> Result<(), String> {
    fn one<C: Command>(context: &Context) -> Result<(), String> {
        if register::<C>(context) {
            Ok(())
        } else {
            Err(format!(
                "the server refused the command {}: is another Gears module loaded?",
                C::NAME
            ))
        }
    }
    one::<pyexecute::PyExecute>(context)?;
    one::<trigger::Trigger>(context)?;
    one::<trigger::TriggerOnKey>(context)?;
    one::<trigger::InnerHook>(context)?;
    one::<trigger::InnerHookRead>(context)?;
    one::<trigger::InnerHookWrite>(context)?;
    one::<trigger::InnerHookGrow>(context)?;
    one::<registrations::DumpRegistrations>(context)?;
    one::<registrations::Unregister>(context)?;
    one::<registrations::InnerRegister>(context)?;
    one::<registrations::InnerAddRegistration>(context)?;
    one::<registrations::InnerUnregister>(context)?;
    one::<registrations::ClearRegistrationsStats>(context)?;
    one::<registrations::PauseRegistrations>(context)?;
    one::<registrations::UnpauseRegistrations>(context)?;
    one::<executions::DumpExecutions>(context)?;
    one::<get_execution::GetExecution>(context)?;
    one::<executions::GetResults>(context)?;
    one::<executions::GetResultsBlocking>(context)?;
    one::<executions::DropExecution>(context)?;
    one::<executions::AbortExecution>(context)?;
    one::<sessions::PyDumpSessions>(context)?;
    one::<requirements::PyDumpReqs>(context)?;
    one::<requirements::PyExportReq>(context)?;
    one::<requirements::PyImportReq>(context)?;
    one::<config::ConfigGet>(context)?;
    one::<config::ConfigSet>(context)?;
    one::<profile::PyProfile>(context)?;
    one::<info::PyStats>(context)?;
    one::<info::InfoCluster>(context)?;
    one::<info::RefreshCluster>(context)?;
    #[cfg(feature = "bench")]
    one::<floor::Floor>(context)?;
    one::<info::DumpPlugins>(context)?;
    one::<time_events::InnerTimeEvent>(context)?;
    one::<cluster::Hello>(context)?;
    one::<cluster::ClusterSet>(context)?;
    one::<cluster::ClusterSetFromShard>(context)?;
    one::<cluster::InnerMessage>(context)?;
    one::<cluster::NetworkTest>(context)?;
    one::<cluster::PyImportRetInternal>(context)?;
    one::<retired::PyFreeInterpreter>(context)?;
    one::<retired::PyExecuteRemote>(context)
}
