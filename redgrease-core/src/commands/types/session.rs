//! Sessions, as `RG.PYDUMPSESSIONS` lists them.

use super::fields::{Fields, text};
use super::registration::RegistrationInfo;
use super::requirement::Requirement;
use super::serialize;
use crate::error::Result;
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// What one script registered, and the Python it lives in.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Session {
    /// Its id.
    pub id: String,
    /// The text it was given.
    pub description: Option<String>,
    /// How much refers to it: its registrations, and what is running.
    pub ref_count: u64,
    /// `primary`, or the session it is linked to.
    pub linked: String,
    /// `true` if another one took its place and something of it still runs.
    pub dead: bool,
    /// Names of the Python packages it asked for.
    pub requirements: Vec<String>,
    /// Ids of its registrations.
    pub registrations: Vec<String>,
    /// The packages in full, if that was asked for.
    pub requirement_rows: Vec<Requirement>,
    /// The registrations in full, if that was asked for.
    pub registration_rows: Vec<RegistrationInfo>,
    /// What the server says beyond that.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl Session {
    /// Reads a row; `None` for the text a server gives in place of a session that does not exist.
    pub(crate) fn read(row: Value) -> Result<Option<Self>> {
        if text(&row).is_some() {
            return Ok(None);
        }
        let mut fields = Fields::of(row)?;
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
