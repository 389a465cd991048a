//! The program that a session belongs to, and how it is recognised.
//!
//! Two programs can have packages of one name. Replacing the session of another program takes its gears away, so a
//! session is replaced only by a program that is recognised as its owner. These proofs count, the strongest first:
//!
//! 1. The same `[package.metadata.redgrease] session` in both manifests.
//! 2. The same `repository` in both manifests. Two repositories are two programs, whatever else is equal.
//! 3. Builds from clones of the same git remote. It proves nothing if the remotes differ: a clone of a fork may well be
//!    the same program.
//! 4. The same folder on the same disk. This is how a program is recognised while it is developed. The path proves
//!    nothing, since many builds happen in `/app`; the birth time of the folder does.
//! 5. More gears that stay as they are than gears that would be changed or removed.
//!
//! A program without any proof is refused, too: an error costs a deployment, a wrong guess the gears of another team.

use crate::gear::GearSpec;
use redgrease_syntax::repository;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The program of a session, as the description of the session names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    /// Name of the package.
    #[serde(default)]
    pub(crate) package: String,
    /// The session that the manifest names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    /// The repository in one spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<String>,
    /// Hash of the git remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remote: Option<String>,
    /// Folder of the package in its repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// The folder that the package was built in, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) directory: Option<String>,
    /// What identifies that folder, if the program runs on the machine that built it, see [`place`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
}

/// Whether a session belongs to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It does.
    Same,
    /// It belongs to another program.
    Other,
    /// Nothing proves either.
    Unproven,
}

/// What a session has in common with the gears of this program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// Gears that stay as they are.
    pub(crate) same: usize,
    /// Gears of the session that would be changed.
    pub(crate) changed: usize,
    /// Gears of the session that would be removed.
    pub(crate) removed: usize,
}

impl Overlap {
    /// Compares the hashes of gears by label.
    pub(crate) fn of(theirs: &BTreeMap<String, String>, ours: &BTreeMap<String, String>) -> Self {
        let mut overlap = Overlap::default();
        for (label, hash) in theirs {
            let count = match ours.get(label) {
                Some(known) if known == hash => &mut overlap.same,
                Some(_) => &mut overlap.changed,
                None => &mut overlap.removed,
            };
            *count += 1;
        }
        overlap
    }

    /// Whether the gears alone prove that it is the same program. A template that was copied twice leaves equal gears in
    /// both copies, so a few equal gears prove nothing about a session with many others.
    fn proves(self) -> bool {
        self.same > self.changed + self.removed
    }
}

impl Owner {
    /// The program of a gear.
    pub(crate) fn of(spec: &GearSpec) -> Self {
        let program = &spec.program;
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Owner {
            package: spec.package.to_owned(),
            session: known(program.session),
            repository: repository(program.repository),
            remote: known(program.remote),
            path: known(program.path),
            directory: known(program.directory),
            place: known(program.directory).and_then(|directory| place(Path::new(&directory))),
        }
    }

    /// Whether the manifest or the checkout of this build proves more than what a session has stored.
    pub(crate) fn adds_to(&self, stored: Option<&Owner>) -> bool {
        let Some(stored) = stored else {
            return true;
        };
        let adds =
            |field: fn(&Owner) -> &Option<String>| field(self).is_some() && field(stored).is_none();
        adds(|owner| &owner.session)
            || adds(|owner| &owner.repository)
            || adds(|owner| &owner.remote)
    }

    /// Whether a session of the program `theirs` belongs to this program.
    pub(crate) fn recognise(&self, theirs: &Owner, overlap: Overlap) -> Verdict {
        let same = |field: fn(&Owner) -> &Option<String>| match (field(self), field(theirs)) {
            (Some(ours), Some(theirs)) => Some(ours == theirs),
            _ => None,
        };
        let is_repository = same(|owner| &owner.repository);
        if is_repository == Some(false) {
            return Verdict::Other;
        }
        let is_named = same(|owner| &owner.session) == Some(true);
        if self.package != theirs.package {
            // The package was renamed, or two teams have chosen one name.
            let is_renamed = is_named && (is_repository == Some(true) || overlap.proves());
            return if is_renamed {
                Verdict::Same
            } else {
                Verdict::Other
            };
        }
        let is_cloned = is_repository == Some(true) || same(|owner| &owner.remote) == Some(true);
        // A repository may have two packages of one name, in two folders.
        let is_moved = same(|owner| &owner.path) == Some(false);
        if is_named
            || (is_cloned && !is_moved)
            || same(|owner| &owner.place) == Some(true)
            || overlap.proves()
        {
            Verdict::Same
        } else {
            Verdict::Unproven
        }
    }
}

/// Whether a session of a version of this crate that stored no owner belongs to this program.
pub(crate) fn recognise_unnamed(overlap: Overlap) -> Verdict {
    if overlap.same + overlap.changed > 0 {
        Verdict::Same
    } else {
        Verdict::Unproven
    }
}

/// Package, origin and folder, for errors.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the package `{}`", self.package)?;
        if let Some(session) = &self.session {
            write!(f, " (session = \"{session}\")")?;
        }
        match (&self.repository, &self.directory) {
            (Some(repository), _) => write!(f, " of {repository}"),
            (None, Some(directory)) => write!(f, ", built in {directory}"),
            (None, None) => Ok(()),
        }
    }
}

/// What identifies a folder on its disk: its number there, and the time of its birth. `None` if the folder is not there, as
/// in production, or the file system does not keep such times.
fn place(directory: &Path) -> Option<String> {
    let is_package = directory.join("Cargo.toml").is_file();
    let metadata = directory.metadata().ok().filter(|_| is_package)?;
    let born = metadata.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    // Images and archives write whole seconds, which other folders may have, too.
    if born.subsec_nanos() == 0 {
        return None;
    }
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let number = 0;
    Some(format!(
        "{number:x}-{:x}-{:x}",
        born.as_secs(),
        born.subsec_nanos()
    ))
}

#[cfg(test)]
mod tests;
