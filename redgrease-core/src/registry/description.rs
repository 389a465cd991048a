//! The description that a session stores on the server, so that the next start can compare.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The JSON in the DESCRIPTION of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    /// Version of the crate that contains the gears.
    pub(crate) version: String,
    /// Hash of the whole set.
    pub(crate) hash: String,
    /// Hash of each gear, by trigger.
    #[serde(default)]
    pub(crate) gears: BTreeMap<String, String>,
}

impl Description {
    /// `None` if another program has written the text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn to_json(&self) -> String {
        // Three plain fields always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}
