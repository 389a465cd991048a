//! The default profile, for connections that carry no profile: those of redis-rs, and those of `connect`.

use super::Profile;
use crate::error::{Error, Result};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// The profile of the first registration, or of the last one over a connection of redis-rs.
static DEFAULT: RwLock<Option<Arc<Profile>>> = RwLock::new(None);

/// The profile before the first registration.
static INITIAL: LazyLock<Arc<Profile>> = LazyLock::new(Arc::default);

/// The default profile.
pub(crate) fn default() -> Arc<Profile> {
    DEFAULT
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .map_or_else(|| Arc::clone(&INITIAL), Arc::clone)
}

/// Makes a profile the default one, unless there was a registration before.
pub(crate) fn propose_default(profile: &Arc<Profile>) {
    DEFAULT
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_with(|| Arc::clone(profile));
}

/// Makes a profile the default one: it was given for a connection that cannot carry it.
///
/// # Errors
///
/// When the default profile has another namespace. Calls over such connections have a single namespace.
pub(crate) fn replace_default(profile: &Arc<Profile>) -> Result<()> {
    let mut current = DEFAULT.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(current) = &*current
        && current.namespace != profile.namespace
    {
        let shown = |name: &Option<String>| {
            name.as_ref()
                .map_or("none".into(), |name| format!("`{name}`"))
        };
        return Err(Error::config(format!(
            "this process already uses the namespace {} on connections of redis-rs, it cannot use {} as well: \
             register and call with a connection of `redgrease::start_with(..)`, which has its own namespace",
            shown(&current.namespace),
            shown(&profile.namespace)
        )));
    }
    *current = Some(Arc::clone(profile));
    Ok(())
}
