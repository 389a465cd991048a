//! The gears of a set, sorted by the sessions that have them on the server.

use super::description::Description;
use super::found::Found;
use super::owner::Verdict;
use super::placed::Placed;
use super::set::GearSet;
use crate::commands::{RegistrationInfo, Session};
use crate::profile::Policy;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The circumstances of a registration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) policy: Policy,
    /// Whether sessions and triggers of other programs are replaced.
    pub(crate) take_over: bool,
    /// All sets that this program registers.
    pub(crate) sets: &'a [GearSet],
}

/// The gears of a set, sorted by their owners.
#[derive(Debug, Default)]
pub(super) struct Owned {
    /// Gears that are registered.
    pub(super) ours: Vec<Placed>,
    /// Ids of registrations of other sessions that are replaced.
    pub(super) taken: Vec<String>,
    /// Labels of the gears that are taken over.
    pub(super) taken_gears: Vec<String>,
    /// Labels of gears that are left to another session.
    pub(super) left: Vec<String>,
    /// The version of this program that has moved gears to another session, if this program is older.
    pub(super) moved_by: Option<String>,
    /// A trigger of another session for a gear without `replace`: the trigger, the session and its program. The server would
    /// refuse the script, too, but its error names none of them.
    pub(super) foreign: Option<(String, String, Option<String>)>,
}

/// A registration of another session for a gear of this set.
enum Elsewhere {
    /// It replaces nothing: both are registered.
    Beside,
    /// A newer version of this program has moved the gear there.
    Newer(String),
    /// This program has moved the gear from there.
    Moved,
    /// Another owner has the trigger.
    Foreign,
}

impl Owned {
    /// Sorts the gears of a set, whose hashes are `hashes`.
    pub(super) fn of(
        gears: Vec<Placed>,
        hashes: &BTreeMap<String, String>,
        set: &GearSet,
        sessions: &[Session],
        terms: Terms<'_>,
    ) -> Self {
        let others = Found::others(&set.id, sessions);
        let mut sorted = Owned::default();
        for placed in gears {
            let is_left = others.iter().any(|other| {
                let rows = other.rows.iter();
                let mut rows = rows.filter(|row| placed.is_in(row, other.id()));
                rows.any(|row| {
                    let place = elsewhere(&placed, hashes, set, other, terms);
                    sorted.sort(&placed, row, other, place, terms)
                })
            });
            if !is_left {
                sorted.ours.push(placed);
            }
        }
        sorted
    }

    /// Decides about one registration of another session. Returns whether the gear is left to it.
    fn sort(
        &mut self,
        placed: &Placed,
        row: &RegistrationInfo,
        other: &Found<'_>,
        place: Elsewhere,
        terms: Terms<'_>,
    ) -> bool {
        let mut take = || {
            self.taken.push(row.id.clone());
            if !self.taken_gears.contains(&placed.label) {
                self.taken_gears.push(placed.label.clone());
            }
        };
        match (place, placed.gear.spec().replace) {
            (Elsewhere::Beside, _) => return false,
            (Elsewhere::Newer(version), _) => {
                self.moved_by = Some(version);
                self.left.push(placed.label.clone());
                return true;
            }
            (Elsewhere::Moved, _) | (Elsewhere::Foreign, Some(true)) => take(),
            (Elsewhere::Foreign, Some(false)) => {
                self.left.push(placed.label.clone());
                return true;
            }
            (Elsewhere::Foreign, None) if terms.take_over => take(),
            (Elsewhere::Foreign, None) if self.foreign.is_none() => {
                let program = other.owner().map(|_| other.program());
                self.foreign = Some((placed.key.clone(), other.id().to_owned(), program));
            }
            (Elsewhere::Foreign, None) => {}
        }
        false
    }
}

/// What a registration of another session is to this program.
///
/// A gear moves to another target of its package when a function is moved from a binary to the library, for example. The old
/// session may be that of a program that still runs, and of a target that this program does not contain, so the move has to
/// be proven: the program has the old target without the gear, the package does not have the old target, or the old session is of
/// another version. A handler of
/// events must be the same function as well, because two targets may have handlers of one name.
fn elsewhere(
    placed: &Placed,
    hashes: &BTreeMap<String, String>,
    set: &GearSet,
    other: &Found<'_>,
    terms: Terms<'_>,
) -> Elsewhere {
    let (there, ours) = (other.gears().get(&placed.label), hashes.get(&placed.label));
    // One session has a trigger. Handlers of events, and timers, can be in several.
    let is_exclusive = placed.is_trigger && !placed.is_timer();
    let otherwise = || {
        if is_exclusive {
            Elsewhere::Foreign
        } else {
            Elsewhere::Beside
        }
    };
    if there.is_none() || !is_same_program(other, hashes, set) {
        return otherwise();
    }
    let is_unchanged = there == ours;
    let is_same_gear = is_unchanged || is_exclusive;
    let order = other.compared_to(set.version);
    if order == Some(Ordering::Greater) && terms.policy == Policy::IfNewer {
        return match &other.description {
            Some(description) if is_same_gear => Elsewhere::Newer(description.version.clone()),
            _ => otherwise(),
        };
    }
    if let Some(own) = terms.sets.iter().find(|one| one.id == other.id()) {
        let has_it = own
            .gears
            .iter()
            .any(|gear| gear.name() == placed.gear.name());
        return if has_it {
            otherwise()
        } else {
            Elsewhere::Moved
        };
    }
    if set.has_target(other.id()) == Some(false) {
        return Elsewhere::Moved;
    }
    let is_another_version = order.is_some_and(|order| order != Ordering::Equal);
    let is_moved = if is_exclusive {
        is_unchanged || is_another_version
    } else {
        is_unchanged && is_another_version
    };
    if is_moved {
        Elsewhere::Moved
    } else {
        otherwise()
    }
}

/// Whether another session belongs to the program of this set.
fn is_same_program(other: &Found<'_>, hashes: &BTreeMap<String, String>, set: &GearSet) -> bool {
    // A session that stored no owner is recognised by its name only, and another namespace is another stage.
    let is_near = |description: &Description| {
        description.owner.is_some() && description.namespace == set.namespace
    };
    other.description.as_ref().is_some_and(is_near)
        && other.verdict(&set.owner, hashes) == Verdict::Same
}

/// The first trigger of a set that another session has, that session and its program.
pub(crate) fn foreign_trigger(
    gears: &[Placed],
    set: &GearSet,
    sessions: &[Session],
) -> Option<(String, String, Option<String>)> {
    let others = Found::others(&set.id, sessions);
    gears
        .iter()
        .filter(|placed| placed.is_trigger)
        .find_map(|placed| {
            let owner = others
                .iter()
                .find(|other| other.rows.iter().any(|row| placed.is(row)))?;
            let program = owner.owner().map(|_| owner.program());
            Some((placed.key.clone(), owner.id().to_owned(), program))
        })
}
