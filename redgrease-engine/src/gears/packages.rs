//! The Python packages of gears.

use super::session;
use super::wheels::bring;
use crate::python;
use crate::redis::{Context, Guarded};
use crate::registration::{Registry, registry};
use crate::requirements::{self, Requirement, canonical};
use pyo3::prelude::*;
use std::collections::HashMap;

/// The requirements that scripts asked this server for, in the order in which they were first asked for.
static ASKED_FOR: Guarded<Vec<AskedFor>> = Guarded::new(Vec::new());

#[derive(Debug)]
struct AskedFor {
    name: String,
    /// A session has registered something with it. It leaves the list with the last such session.
    has_session: bool,
}

impl AskedFor {
    fn is(&self, name: &str) -> bool {
        canonical(&self.name) == canonical(name)
    }
}

/// `true` if all these requirements are installed.
pub(crate) fn has_installed(names: &[String]) -> bool {
    let installed =
        |name: &String| requirements::store().is_some_and(|store| store.is_installed(name));
    names.iter().all(installed)
}

/// Installs packages: those of other shards from there, the rest with pip. Blocks until pip has ended, which takes seconds to
/// minutes.
///
/// # Errors
/// The reason as a text.
pub(super) fn install(names: &[String]) -> Result<(), String> {
    let store = requirements::store().ok_or("the engine is not ready")?;
    bring(names);
    store
        .install(names, false)
        .map_err(|failure| format!("its packages cannot be installed: {failure}"))
}

/// Makes installed packages importable for a script that is about to use them.
pub(crate) fn use_packages(context: &Context, names: &[String]) {
    if !names.is_empty() {
        ask_for_packages(context, names);
        make_importable();
    }
}

/// Remembers that a script needs these packages. It makes them importable itself.
pub(crate) fn ask_for_packages(context: &Context, names: &[String]) {
    ASKED_FOR.write(context, |asked_for| {
        for name in names {
            match asked_for.iter_mut().find(|one| one.is(name)) {
                Some(known) => known.has_session = false,
                None => asked_for.push(AskedFor {
                    name: name.clone(),
                    has_session: false,
                }),
            }
        }
    });
}

/// A session with these requirements was registered.
pub(super) fn session_uses(context: &Context, names: &[String]) {
    if names.is_empty() {
        return;
    }
    ASKED_FOR.write(context, |asked_for| {
        for one in asked_for {
            one.has_session |= names.iter().any(|name| one.is(name));
        }
    });
}

/// Makes all packages importable that are installed now.
pub(crate) fn make_importable() {
    let Some(store) = requirements::store() else {
        return;
    };
    let directory = store.site_packages();
    if directory.exists() {
        python::use_packages(&directory);
    }
}

/// The requirements that scripts asked this server for, each with the number of sessions that have it. Those of sessions that
/// are gone are left out.
pub(crate) fn known_requirements(context: &Context) -> Vec<(Requirement, usize)> {
    let listed = |registry: &Registry| {
        let counts = requirement_counts(registry);
        let users = |name: &str| counts.get(&canonical(name)).copied().unwrap_or(0);
        ASKED_FOR.write(context, |asked_for| {
            asked_for.retain(|one| !one.has_session || users(&one.name) > 0);
            let rows = asked_for.iter().filter_map(|one| {
                let row = requirements::store()?.row(&one.name)?;
                Some((row, users(&one.name)))
            });
            rows.collect()
        })
    };
    registry().read(context, listed)
}

/// The number of sessions that have each requirement, by its canonical text. For one requirement, [`requirement_users`] is
/// faster.
pub(crate) fn requirement_counts(registry: &Registry) -> HashMap<String, usize> {
    let mut canonical_texts: HashMap<&str, String> = HashMap::new();
    let mut counts = HashMap::new();
    for names in registry.requirements() {
        let mut texts: Vec<&String> = Vec::new();
        for name in names {
            canonical_texts
                .entry(name)
                .or_insert_with(|| canonical(name));
        }
        texts.extend(
            names
                .iter()
                .filter_map(|name| canonical_texts.get(name.as_str())),
        );
        texts.sort_unstable();
        texts.dedup();
        for text in texts {
            *counts.entry(text.clone()).or_insert(0) += 1;
        }
    }
    counts
}

/// The number of sessions that have a requirement.
pub(crate) fn requirement_users(registry: &Registry, name: &str) -> usize {
    let wanted = canonical(name);
    registry.requirement_users(|one| canonical(one) == wanted)
}

/// `true` if a requirement has installed this project, which is given by its normalised name.
#[pyfunction]
pub(super) fn is_required(project: &str) -> bool {
    requirements::store().is_some_and(|store| store.has_installed_project(project))
}

/// `true` if the session of the code on this thread required this project, itself or through another one. `None` if the
/// thread has no session.
#[pyfunction]
pub(super) fn requires_here(py: Python<'_>, project: &str) -> Option<bool> {
    let session = session::here(py)?;
    Some(requirements::store().is_some_and(|store| {
        session
            .requirements
            .iter()
            .any(|requirement| store.brings(requirement, project))
    }))
}
