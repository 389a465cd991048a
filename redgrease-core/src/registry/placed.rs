//! Gears with the names that distinguish them on a server and in a report.

use super::set::GearSet;
use crate::commands::RegistrationInfo;
use crate::error::{Error, Result};
use crate::gear::{Gear, GearKind, Registration};
use crate::profile::Profile;
use redis::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A gear of a set, with its names on a server.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) gear: &'static Gear,
    /// Its name in reports and descriptions: the trigger, or the name of the function.
    pub(crate) label: String,
    /// The reader of its registration.
    pub(crate) reader: &'static str,
    /// The thing that it is registered for: a trigger, the command of a hook, a prefix, a stream.
    pub(crate) key: String,
    /// Whether `key` is a trigger. Triggers are unique on a server.
    pub(crate) is_trigger: bool,
    /// The chain of a `#[gear]` function.
    pub(crate) chain: Option<Arc<Registration>>,
}

impl Placed {
    /// Whether a registration on the server may belong to this gear.
    pub(crate) fn is(&self, row: &RegistrationInfo) -> bool {
        let name = match self.reader {
            "KeysReader" => "regex",
            "StreamReader" => "stream",
            _ => "trigger",
        };
        let key = match row.args.get(name) {
            Some(Value::BulkString(bytes)) => String::from_utf8_lossy(bytes),
            Some(Value::SimpleString(text)) => text.as_str().into(),
            _ => return false,
        };
        row.reader_or_command() == self.reader
            && (key == self.key || (!self.is_trigger && key.eq_ignore_ascii_case(&self.key)))
    }

    /// Whether it is a timer, whose trigger contains the name of its session.
    pub(crate) fn is_timer(&self) -> bool {
        matches!(self.gear.spec().kind, GearKind::Every(_))
    }

    /// Whether a registration of the session `id` may be this gear, registered by another target of the package.
    pub(crate) fn is_in(&self, row: &RegistrationInfo, id: &str) -> bool {
        if self.is_timer() {
            row.trigger() == Some(timer(id, &self.label))
        } else {
            self.is(row)
        }
    }

    /// Reader and key. The server lists nothing else that distinguishes two gears.
    pub(crate) fn signature(&self) -> (&'static str, &str) {
        (self.reader, &self.key)
    }
}

/// The trigger of a timer.
fn timer(session: &str, label: &str) -> String {
    format!("{session}:every:{label}")
}

impl RegistrationInfo {
    /// The trigger, or what else it is registered for.
    pub(super) fn name(&self) -> String {
        let name = self
            .trigger()
            .or_else(|| self.prefix())
            .or_else(|| self.stream());
        name.unwrap_or_else(|| self.id.clone())
    }

    /// Reader and key, as [`Placed::signature`].
    pub(super) fn signature(&self) -> (&str, String) {
        (self.reader_or_command(), self.name())
    }

    fn reader_or_command(&self) -> &str {
        if self.reader.is_empty() {
            "CommandReader"
        } else {
            &self.reader
        }
    }
}

/// The gears of a set with their names. Fails if a `#[gear]` function fails.
pub(crate) fn placed(set: &GearSet, profile: &Profile) -> Result<Vec<Placed>> {
    let mut placed = Vec::new();
    for gear in &set.gears {
        placed.push(place(gear, set, profile)?);
    }
    // Triggers are unique, but functions in different modules may have the same name.
    let mut count: HashMap<String, usize> = HashMap::new();
    for p in &placed {
        *count.entry(p.label.clone()).or_default() += 1;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for p in &mut placed {
        if count[&p.label] > 1 && !p.is_trigger {
            p.label = p.gear.spec().path.to_owned();
        }
        let nth = seen.entry(p.label.clone()).or_default();
        *nth += 1;
        if *nth > 1 {
            p.label = format!("{}#{nth}", p.label);
        }
    }
    for p in &mut placed {
        if p.is_timer() {
            p.key = timer(&set.id, &p.label);
            p.is_trigger = true;
        }
    }
    Ok(placed)
}

fn place(gear: &'static Gear, set: &GearSet, profile: &Profile) -> Result<Placed> {
    let name = gear.name().to_owned();
    let command = "CommandReader";
    let (label, reader, key, is_trigger) = match &gear.spec().kind {
        GearKind::Command {
            hook: Some(hook), ..
        } => (name, command, hook.command.to_owned(), false),
        GearKind::Command { trigger, .. } => {
            let trigger = profile.trigger(trigger).into_owned();
            (trigger.clone(), command, trigger, true)
        }
        GearKind::Keys(keys) => (name, "KeysReader", keys.prefix.to_owned(), false),
        GearKind::Stream(stream) => (name, "StreamReader", stream.stream.to_owned(), false),
        GearKind::Every(_) => (name, command, set.id.clone(), false),
        GearKind::Function(_) => {
            let chain = chain(gear)?;
            let (key, is_trigger) = match chain.trigger() {
                Some(trigger) => (profile.trigger(trigger).into_owned(), true),
                None => (chain.key.clone(), false),
            };
            let label = if is_trigger { key.clone() } else { name };
            return Ok(Placed {
                gear,
                label,
                reader: chain.reader,
                key,
                is_trigger,
                chain: Some(chain),
            });
        }
    };
    Ok(Placed {
        gear,
        label,
        reader,
        key,
        is_trigger,
        chain: None,
    })
}

/// Results of `#[gear]` functions, by the address of their gear. Each function is called once; registering, healing and
/// hashing use the same result.
static CHAINS: LazyLock<Mutex<HashMap<usize, Result<Arc<Registration>>>>> =
    LazyLock::new(Mutex::default);

/// The result of a `#[gear]` function.
pub(super) fn chain(gear: &'static Gear) -> Result<Arc<Registration>> {
    let GearKind::Function(function) = gear.spec().kind else {
        return Err(Error::config(format!(
            "gear `{}` is not a chain",
            gear.name()
        )));
    };
    let address = std::ptr::from_ref(gear).addr();
    let known = || CHAINS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(chain) = known().get(&address) {
        return chain.clone();
    }
    // The function is code of the user, so it is called without the lock.
    let made = function()
        .and_then(|registration| registration.chain.check().map(|()| Arc::new(registration)))
        .map_err(|e| e.of_gear(gear));
    known().entry(address).or_insert(made).clone()
}
