//! Gears with the names they have on a server: what tells them apart there, and in a report.

use super::namespace::prefixed_trigger;
use super::set::GearSet;
use super::spec::{Gear, GearKind};
use crate::builder::Registration;
use crate::commands::RegistrationInfo;
use crate::error::{Error, Result};
use redis::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A gear of a set, as a server has it.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) gear: &'static Gear,
    /// What reports and descriptions call it: its trigger, or the name of the function.
    pub(crate) label: String,
    /// The reader of its registration.
    pub(crate) reader: &'static str,
    /// What it is registered for: a trigger, the command of a hook, a prefix, a stream.
    pub(crate) key: String,
    /// Whether `key` is a trigger, of which a server has one.
    pub(crate) is_trigger: bool,
    /// The chain of a `#[gear]` function.
    pub(crate) chain: Option<Arc<Registration>>,
}

impl Placed {
    /// Whether a registration on the server may be that of this gear.
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

    /// Two gears with one signature are told apart by nothing the server lists.
    pub(crate) fn signature(&self) -> (&'static str, &str) {
        (self.reader, &self.key)
    }
}

impl RegistrationInfo {
    fn reader_or_command(&self) -> &str {
        if self.reader.is_empty() {
            "CommandReader"
        } else {
            &self.reader
        }
    }
}

/// The gears of a set with their names. Fails if a `#[gear]` function does.
pub(crate) fn placed(set: &GearSet, namespace: Option<&str>) -> Result<Vec<Placed>> {
    let mut placed = Vec::new();
    for gear in &set.gears {
        placed.push(place(gear, set, namespace)?);
    }
    // Triggers differ, functions in different modules may have one name.
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
        if matches!(p.gear.spec().kind, GearKind::Every(_)) {
            p.key = format!("{}:every:{}", set.id, p.label);
            p.is_trigger = true;
        }
    }
    Ok(placed)
}

fn place(gear: &'static Gear, set: &GearSet, namespace: Option<&str>) -> Result<Placed> {
    let name = gear.name().to_owned();
    let command = "CommandReader";
    let (label, reader, key, is_trigger) = match &gear.spec().kind {
        GearKind::Command {
            hook: Some(hook), ..
        } => (name, command, hook.command.to_owned(), false),
        GearKind::Command { trigger, .. } => {
            let trigger = prefixed_trigger(namespace, trigger).into_owned();
            (trigger.clone(), command, trigger, true)
        }
        GearKind::Keys(keys) => (name, "KeysReader", keys.prefix.to_owned(), false),
        GearKind::Stream(stream) => (name, "StreamReader", stream.stream.to_owned(), false),
        GearKind::Every(_) => (name, command, set.id.clone(), false),
        GearKind::Function(_) => {
            let chain = chain(gear)?;
            let (key, is_trigger) = match chain.trigger() {
                Some(trigger) => (prefixed_trigger(namespace, trigger).into_owned(), true),
                None => (chain.key().to_owned(), false),
            };
            let label = if is_trigger { key.clone() } else { name };
            return Ok(Placed {
                gear,
                label,
                reader: chain.reader(),
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

/// What `#[gear]` functions have returned, by the address of their gear: each is called once, for every registration,
/// for healing and for the hash.
static CHAINS: LazyLock<Mutex<HashMap<usize, Result<Arc<Registration>>>>> =
    LazyLock::new(Mutex::default);

/// What a `#[gear]` function returns.
pub(super) fn chain(gear: &'static Gear) -> Result<Arc<Registration>> {
    let GearKind::Function(function) = gear.spec().kind else {
        return Err(Error::config(format!("gear `{}` is no chain", gear.name())));
    };
    let address = std::ptr::from_ref(gear).addr();
    let known = || CHAINS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(chain) = known().get(&address) {
        return chain.clone();
    }
    // Not called under the lock: it is the user's code.
    let made = function()
        .and_then(|registration| {
            registration
                .chain()
                .check()
                .map(|()| Arc::new(registration))
        })
        .map_err(|e| e.of_gear(gear));
    known().entry(address).or_insert(made).clone()
}
