//! The gears of one compiled target. They are registered together, in one session of the server.

use super::owner::Owner;
use super::placed::chain;
use crate::error::{Error, ErrorKind, Result};
use crate::gear::{Entry, Gear, GearKind};
use crate::profile::Profile;
use std::collections::{BTreeMap, HashMap};
use std::ptr;

/// Every gear that is linked into this program, in a fixed order.
pub fn gears() -> Vec<&'static Gear> {
    let mut gears: Vec<_> = inventory::iter::<Entry>
        .into_iter()
        .map(|entry| entry.0)
        .collect();
    gears.sort_by_key(|gear| order(gear));
    gears
}

fn order(gear: &Gear) -> impl Ord + use<> {
    let (spec, place) = (gear.spec(), gear.location());
    (
        spec.package,
        spec.krate,
        spec.bin,
        gear.name(),
        place.file,
        place.line,
        place.column,
    )
}

/// The gears of one compiled target.
#[derive(Debug, Clone)]
pub(crate) struct GearSet {
    /// Id of the session.
    pub(crate) id: String,
    /// Version of the crate.
    pub(crate) version: &'static str,
    pub(crate) namespace: Option<String>,
    /// The program that the gears belong to.
    pub(crate) owner: Owner,
    pub(crate) gears: Vec<&'static Gear>,
}

impl GearSet {
    /// Whether the package has the target (the library, binary or example) of another session of this program. `None` if that
    /// is not known, as for tests.
    pub(crate) fn has_target(&self, session: &str) -> Option<bool> {
        let targets = self.gears.first()?.spec().program.targets;
        let session = match &self.namespace {
            Some(namespace) => session.strip_prefix(&format!("{namespace}--"))?,
            None => session,
        };
        let base = self.owner.session.as_ref().unwrap_or(&self.owner.package);
        let target = match session.strip_prefix(base.as_str()) {
            Some("") => "lib",
            // Another name, which the manifest gave to the session before.
            rest => rest
                .and_then(|rest| rest.strip_prefix('-'))
                .unwrap_or("another name"),
        };
        let is_unknown = targets.is_empty() || target.starts_with("test-");
        (!is_unknown).then(|| targets.split(' ').any(|one| one == target))
    }
}

/// Groups gears by compiled target.
///
/// Fails if two gears have the same trigger, or if there are no gears.
pub(crate) fn group(gears: &[&'static Gear], profile: &Profile) -> Result<Vec<GearSet>> {
    if gears.is_empty() {
        return Err(Error::new(ErrorKind::NoneFound));
    }
    let mut gears = gears.to_vec();
    gears.sort_by_key(|gear| order(gear));
    gears.dedup_by(|a, b| ptr::eq(*a, *b));
    refuse_duplicates(&gears)?;
    let mut sets: BTreeMap<String, GearSet> = BTreeMap::new();
    for gear in gears {
        check_name(gear)?;
        let id = profile.session(session(gear));
        let set = sets.entry(id.clone()).or_insert_with(|| GearSet {
            id,
            version: gear.spec().version,
            namespace: profile.namespace.clone(),
            owner: Owner::of(gear.spec()),
            gears: Vec::new(),
        });
        if set.owner.package != gear.spec().package {
            return Err(Error::config(format!(
                "the packages `{}` and `{}` have the same session `{}`, so each of them would replace the gears of the other \
                 one in other programs: give one of them another `session` in `[package.metadata.redgrease]`",
                set.owner.package,
                gear.spec().package,
                set.id
            )));
        }
        set.gears.push(gear);
    }
    Ok(sets.into_values().collect())
}

/// The id of the session a gear belongs to, without the namespace.
///
/// Each binary of a package has its own session: in a shared one, each binary would unregister the gears of the other.
pub(super) fn session(gear: &Gear) -> String {
    let spec = gear.spec();
    let package = match spec.program.session {
        "" => spec.package,
        session => session,
    };
    let id = if let Some(bin) = spec.bin {
        let kind = if lies_in(gear, "examples") {
            "example"
        } else {
            "bin"
        };
        format!("{package}-{kind}-{bin}")
    } else if spec.package.replace('-', "_") == spec.krate {
        package.to_owned()
    } else if lies_in(gear, "tests") {
        format!("{package}-test-{}", spec.krate)
    } else {
        format!("{package}-{}", spec.krate)
    };
    // The alphabet of session ids.
    id.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// Fails if the manifest names a session that no server takes.
fn check_name(gear: &Gear) -> Result<()> {
    let spec = gear.spec();
    let is_valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if spec.program.session.chars().all(is_valid) {
        return Ok(());
    }
    Err(Error::config(format!(
        "the session {:?} in `[package.metadata.redgrease]` of the package `{}` cannot be used: it may contain ASCII letters, \
         digits, `-` and `_`",
        spec.program.session, spec.package
    )))
}

/// Whether the source file is in a folder of this name. Cargo expects examples and tests in such folders.
fn lies_in(gear: &Gear, folder: &str) -> bool {
    let mut parts = gear.location().file.split(['/', '\\']);
    parts.next_back();
    parts.any(|part| part == folder)
}

fn refuse_duplicates(gears: &[&'static Gear]) -> Result<()> {
    let mut seen: HashMap<String, &'static Gear> = HashMap::new();
    for gear in gears {
        let trigger = match &gear.spec().kind {
            GearKind::Function(_) => chain(gear)?.trigger().map(str::to_owned),
            _ => gear.trigger().map(str::to_owned),
        };
        let Some(trigger) = trigger else {
            continue;
        };
        if let Some(first) = seen.insert(trigger.clone(), gear) {
            return Err(Error::new(ErrorKind::DuplicateTrigger {
                trigger,
                first: first.location(),
                second: gear.location(),
            }));
        }
    }
    Ok(())
}
