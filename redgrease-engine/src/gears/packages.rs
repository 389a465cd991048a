//! The Python packages of gears.

use crate::python;
use crate::redis::{Context, Guarded};
use crate::registration::registry;
use crate::requirements::{self, Requirement};

/// The requirements that scripts asked this server for, in the order in which they were first asked for.
static ASKED_FOR: Guarded<Vec<String>> = Guarded::new(Vec::new());

/// `true` if all these requirements are installed.
pub(crate) fn has_installed(names: &[String]) -> bool {
    let installed =
        |name: &String| requirements::store().is_some_and(|store| store.is_installed(name));
    names.iter().all(installed)
}

/// Makes installed packages importable for a script that is about to use them.
pub(crate) fn use_packages(context: &Context, names: &[String]) {
    if names.is_empty() {
        return;
    }
    ASKED_FOR.write(context, |asked_for| {
        for name in names {
            if !asked_for.contains(name) {
                asked_for.push(name.clone());
            }
        }
    });
    make_importable();
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

/// The requirements that scripts asked this server for, each with the number of sessions that have it.
pub(crate) fn known_requirements(context: &Context) -> Vec<(Requirement, usize)> {
    let names = ASKED_FOR.read(context, Clone::clone);
    registry().read(context, |registry| {
        names
            .iter()
            .filter_map(|name| requirements::store()?.row(name))
            .map(|row| {
                let users = registry.requirement_users(&row.name);
                (row, users)
            })
            .collect()
    })
}
