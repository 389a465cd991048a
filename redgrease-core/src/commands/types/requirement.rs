//! Python packages, as `RG.PYDUMPREQS` lists them.

use super::fields::Fields;
use super::serialize;
use crate::error::Result;
use crate::requirement::Requirements;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// A Python package that some session asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Requirement {
    /// As it was asked for: `requests==2.32.0`.
    pub name: String,
    /// Whether its files are there.
    pub is_downloaded: bool,
    /// Whether gears can import it.
    pub is_installed: bool,
    /// The operating system its files are for.
    pub compiled_os: String,
    /// Its files.
    pub wheels: Vec<String>,
    /// Where they are on the server.
    pub path: String,
    /// How many sessions use it.
    pub ref_count: u64,
    /// What the server says beyond that.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl Requirement {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::of(row)?;
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
