//! Reply of `RG.PYDUMPREQS`.

use super::fields::Fields;
use super::serialize;
use crate::error::Result;
use crate::requirement::Requirements;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// A Python package that a session requires.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Requirement {
    /// The requirement as the session gave it: `requests==2.32.0`.
    pub name: String,
    /// Whether the files of the package are on the server.
    pub is_downloaded: bool,
    /// Whether gears can import the package.
    pub is_installed: bool,
    /// Operating system that the files are for.
    pub compiled_os: String,
    /// File names of the wheels.
    pub wheels: Vec<String>,
    /// Directory of the wheels on the server.
    pub path: String,
    /// Number of sessions that use the package.
    pub ref_count: u64,
    /// All other fields of the reply.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl Requirement {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::from_row(row)?;
        Ok(Requirement {
            name: fields.text("Name"),
            is_downloaded: fields.flag("IsDownloaded"),
            is_installed: fields.flag("IsInstalled"),
            compiled_os: fields.text("CompiledOs"),
            wheels: fields.texts("Wheels"),
            path: fields.text("Path"),
            ref_count: fields.number("RefCount"),
            extra: fields.rest(),
        })
    }
}

impl Requirements {
    /// The requirements that a server would have to install, judged by names and versions. `installed` is the server's
    /// list from [`dump_requirements`](crate::GearsCommands::dump_requirements).
    pub fn missing_from(&self, installed: &[Requirement]) -> Vec<String> {
        let installed: Vec<&str> = installed
            .iter()
            .filter(|package| package.is_installed)
            .map(|package| package.name.as_str())
            .collect();
        self.unsatisfied(&installed)
    }
}
