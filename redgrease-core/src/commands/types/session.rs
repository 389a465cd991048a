//! Reply of `RG.PYDUMPSESSIONS`.

use super::fields::{Fields, text};
use super::registration::RegistrationInfo;
use super::requirement::Requirement;
use super::serialize;
use crate::error::Result;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// The registrations and requirements of one script.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Session {
    /// Id of the session.
    pub id: String,
    /// Description given by the script.
    pub description: Option<String>,
    /// Number of references to the session: its registrations and running executions.
    pub ref_count: u64,
    /// `primary`, or the session that this session is linked to.
    pub linked: String,
    /// `true` if the session was replaced and still has running executions.
    pub dead: bool,
    /// Names of the Python packages that the session requires.
    pub requirements: Vec<String>,
    /// Ids of the registrations.
    pub registrations: Vec<String>,
    /// The packages with all details, in a verbose reply.
    pub requirement_rows: Vec<Requirement>,
    /// The registrations with all details, in a verbose reply.
    pub registration_rows: Vec<RegistrationInfo>,
    /// All other fields of the reply.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl Session {
    /// Parses a row. Returns `None` for the string that a server sends in place of a session that does not exist.
    pub(crate) fn read(row: Value) -> Result<Option<Self>> {
        if text(&row).is_some() {
            return Ok(None);
        }
        let mut fields = Fields::from_row(row)?;
        let mut session = Session {
            id: fields.text("ID"),
            description: fields.optional_text("sessionDescription"),
            ref_count: fields.number("refCount"),
            linked: fields.text("linked"),
            dead: fields.flag("dead"),
            ..Session::default()
        };
        for item in fields.list("requirements") {
            if let Some(name) = text(&item) {
                session.requirements.push(name);
            } else {
                let requirement = Requirement::read(item)?;
                session.requirements.push(requirement.name.clone());
                session.requirement_rows.push(requirement);
            }
        }
        for item in fields.list("registrations") {
            if let Some(id) = text(&item) {
                session.registrations.push(id);
            } else {
                let mut registration = RegistrationInfo::read(item)?;
                registration.session = Some(session.id.clone());
                session.registrations.push(registration.id.clone());
                session.registration_rows.push(registration);
            }
        }
        session.extra = fields.rest();
        Ok(Some(session))
    }
}
