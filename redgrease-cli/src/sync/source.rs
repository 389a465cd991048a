//! The scripts that `sync` has sent, for the errors of their gears.

use super::identity::{Description, hash};
use super::index;
use crate::output::Source;
use redgrease_core::Con;

/// The script of a session with this description, if `sync` has sent it and a user may read it.
pub(crate) fn source(con: &mut Con, description: &str) -> Option<Source> {
    let it = Description::parse(description)?;
    let text = index::text(con, &it.sync, &it.path).ok()??;
    // The index may have another text than the session.
    (hash(&text) == it.hash).then_some(Source {
        name: it.path,
        text,
    })
}

/// The path of the script, if `sync` has sent it.
pub(crate) fn path(description: &str) -> Option<String> {
    Description::parse(description).map(|it| it.path)
}
