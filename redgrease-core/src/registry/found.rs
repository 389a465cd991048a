//! A session on the server, as the plan for one set of gears sees it.

use super::description::Description;
use super::owner::{Overlap, Owner, Verdict, recognise_unnamed};
use super::placed::Placed;
use crate::commands::{RegistrationInfo, Session};
use semver::Version;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The gears that an error names, at most.
const MOST_NAMED: usize = 10;

/// A session on the server, if there is one.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) session: Option<&'a Session>,
    pub(super) description: Option<Description>,
    /// The actual registrations. They may differ from the description.
    pub(super) rows: &'a [RegistrationInfo],
}

impl<'a> Found<'a> {
    /// The live session with this id.
    pub(super) fn of(id: &str, sessions: &'a [Session]) -> Self {
        Found::from(sessions.iter().find(|s| s.id == id && !s.dead))
    }

    fn from(session: Option<&'a Session>) -> Self {
        Found {
            session,
            description: session.and_then(|s| Description::parse(s.description.as_deref()?)),
            rows: session.map_or(&[], |s| &s.registration_rows),
        }
    }

    /// All other live sessions.
    pub(super) fn others(id: &str, sessions: &'a [Session]) -> Vec<Self> {
        let others = sessions.iter().filter(|s| s.id != id && !s.dead);
        others.map(|session| Found::from(Some(session))).collect()
    }

    pub(super) fn id(&self) -> &'a str {
        self.session.map_or("", |session| &session.id)
    }

    pub(super) fn hash(&self) -> Option<&str> {
        Some(self.description.as_ref()?.hash.as_str())
    }

    pub(super) fn owner(&self) -> Option<&Owner> {
        self.description.as_ref()?.owner.as_ref()
    }

    /// The hashes of its gears, by label.
    pub(super) fn gears(&self) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.description.as_ref().map_or(&NONE, |d| &d.gears)
    }

    /// Whether the session belongs to this program. One that does not exist, or has no registrations, can be taken: nothing
    /// is lost.
    pub(super) fn verdict(&self, ours: &Owner, hashes: &BTreeMap<String, String>) -> Verdict {
        let Some(session) = self.session else {
            return Verdict::Same;
        };
        let Some(description) = &self.description else {
            // Without registrations it may still have time events.
            let is_empty = session.registrations.is_empty() && session.ref_count == 0;
            return if is_empty {
                Verdict::Same
            } else {
                Verdict::Other
            };
        };
        if session.registrations.is_empty() {
            return Verdict::Same;
        }
        let overlap = self.overlap(&description.gears, session, hashes);
        match &description.owner {
            Some(theirs) => ours.recognise(theirs, overlap),
            None => recognise_unnamed(overlap),
        }
    }

    /// What the session has in common with the gears of this program. A description that names no gears says nothing about the
    /// registrations of its session: those on the server count. A trigger is the name of its gear. An event is no proof,
    /// since many programs listen to the same keys.
    fn overlap(
        &self,
        described: &BTreeMap<String, String>,
        session: &Session,
        hashes: &BTreeMap<String, String>,
    ) -> Overlap {
        if !described.is_empty() {
            return Overlap::of(described, hashes);
        }
        let is_named = |row: &&RegistrationInfo| {
            row.trigger()
                .is_some_and(|trigger| hashes.contains_key(&trigger))
        };
        let changed = self.rows.iter().filter(is_named).count();
        Overlap {
            same: 0,
            changed,
            removed: session.registrations.len().saturating_sub(changed),
        }
    }

    pub(super) fn has_all(&self, gears: &[Placed]) -> bool {
        gears.iter().all(|placed| self.has(placed, gears))
    }

    /// Whether the server has a gear: for its signature, the server has at least as many registrations as the program.
    pub(super) fn has(&self, placed: &Placed, gears: &[Placed]) -> bool {
        let wanted = gears
            .iter()
            .filter(|other| other.signature() == placed.signature());
        self.rows.iter().filter(|row| placed.is(row)).count() >= wanted.count()
    }

    /// The version on the server, if it is higher.
    pub(super) fn newer_than(&self, version: &str) -> Option<String> {
        let there = &self.description.as_ref()?.version;
        (self.compared_to(version) == Some(Ordering::Greater)).then(|| there.clone())
    }

    /// The version on the server, compared to this one. `None` if they cannot be compared.
    pub(super) fn compared_to(&self, version: &str) -> Option<Ordering> {
        let there = Version::parse(&self.description.as_ref()?.version).ok()?;
        Some(there.cmp_precedence(&Version::parse(version).ok()?))
    }

    /// For the error that the server holds other gears.
    pub(super) fn summary(&self) -> String {
        match (&self.description, self.session) {
            (Some(description), _) => {
                format!("version {}, {} gears", description.version, self.rows.len())
            }
            (None, Some(_)) => "not registered by this library".to_owned(),
            (None, None) => "none at all".to_owned(),
        }
    }

    /// The registrations, by the names they were registered under.
    fn names(&self) -> Vec<String> {
        self.rows.iter().map(RegistrationInfo::name).collect()
    }

    /// The program of the session, for errors.
    pub(super) fn program(&self) -> String {
        match &self.description {
            Some(Description {
                owner: Some(owner),
                version,
                gears,
                ..
            }) => program(owner, version, gears.keys()),
            Some(Description { version, gears, .. }) => {
                let gears = if gears.is_empty() {
                    with_gears(&self.names())
                } else {
                    with_gears(gears.keys())
                };
                format!("a program that did not say its name, version {version}{gears}")
            }
            None => format!(
                "a script or a program without this library{}",
                with_gears(&self.names())
            ),
        }
    }
}

/// A program with its version and its gears, for errors.
pub(super) fn program<'a>(
    owner: &Owner,
    version: &str,
    gears: impl IntoIterator<Item = &'a String>,
) -> String {
    format!("{owner}, version {version}{}", with_gears(gears))
}

fn with_gears<'a>(gears: impl IntoIterator<Item = &'a String>) -> String {
    let gears: Vec<&str> = gears.into_iter().map(String::as_str).collect();
    let more = match gears.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = &gears[..gears.len().min(MOST_NAMED)];
    match named {
        [] => String::new(),
        _ => format!(" (gears {}{more})", named.join(", ")),
    }
}
