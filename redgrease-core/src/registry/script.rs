//! The script that registers a set of gears.

use super::set::GearSet;
use super::spec::{Gear, GearKind, Mode, SourceForm};
use crate::prelude::{Part, imports_redgrease};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is sent for a set of gears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    /// The Python.
    pub(crate) text: String,
    pub(crate) requirements: Vec<String>,
    /// Changes whenever the server would behave differently.
    pub(crate) hash: String,
    /// The same for each gear, by trigger.
    pub(crate) gears: BTreeMap<String, String>,
}

impl Script {
    pub(crate) fn of(set: &GearSet, namespace: Option<&str>) -> Self {
        let triggers = set.triggers(namespace);
        let requirements = requirements(set);
        let mut text = String::new();
        for part in Part::ALL {
            if set
                .gears
                .iter()
                .any(|g| part.is_needed(g.spec().names, g.spec().source))
            {
                text.push_str(part.source());
                text.push_str("\n\n");
            }
        }
        let mut identity = text.clone();
        let mut gears = BTreeMap::new();
        for (trigger, gear) in &triggers {
            text.push_str(&registration(gear, trigger, true));
            let anonymous = registration(gear, trigger, false);
            gears.insert(trigger.clone(), hash(&anonymous)[..16].to_owned());
            identity.push_str(&anonymous);
        }
        for requirement in &requirements {
            let _ = writeln!(identity, "# requires {requirement}");
        }
        Script {
            text,
            requirements,
            hash: hash(&identity),
            gears,
        }
    }
}

/// The statement that registers one gear. Where it stands in the source is left out of what is hashed: a gear that
/// only moved is the same gear.
fn registration(gear: &Gear, trigger: &str, with_place: bool) -> String {
    let spec = gear.spec();
    let mode = match spec.kind {
        GearKind::Command { mode, .. } => mode,
        // Only commands have triggers, and only what has a trigger is registered.
        _ => Mode::default(),
    };
    let (file, line) = if with_place {
        (spec.source_file, spec.source_line)
    } else {
        ("", 0)
    };
    let mut args = String::new();
    for (name, codec) in spec.args {
        let _ = write!(args, "({}, {}), ", literal(name), codec.python());
    }
    format!(
        "_gear(\n    name={}, trigger={}, mode={}, args=[{}], result={},\n    source={},\n    module={}, file={}, \
         line={line}, coroutine={}, description={}, python={:?}, needs_shim={})\n",
        literal(gear.name()),
        literal(trigger),
        literal(mode.as_str()),
        args.trim_end_matches(", "),
        spec.ret.python(),
        literal(spec.source),
        boolean(spec.form == SourceForm::Module),
        literal(file),
        boolean(spec.coroutine),
        spec.description.map_or("None".to_owned(), literal),
        spec.python,
        boolean(imports_redgrease(spec.source)),
    )
}

/// A Python string literal. What JSON writes is one: its escapes are a subset of Python's, and it leaves no control
/// character unescaped, so that no server cuts the script at a NUL.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn boolean(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// What has to be installed, each once, in a fixed order.
fn requirements(set: &GearSet) -> Vec<String> {
    let mut all: Vec<String> = set
        .gears
        .iter()
        .flat_map(|g| g.spec().requirements)
        .map(|r| r.trim().to_owned())
        .collect();
    let uses_cmd = set.gears.iter().any(|gear| {
        let spec = gear.spec();
        spec.names.contains(&"cmd")
            || (imports_redgrease(spec.source) && spec.source.contains("cmd"))
    });
    if uses_cmd && !all.iter().any(|r| package(r).eq_ignore_ascii_case("redis")) {
        all.push("redis".to_owned());
    }
    all.sort();
    all.dedup();
    all
}

/// The name of the package a requirement asks for.
fn package(requirement: &str) -> &str {
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(requirement.len());
    &requirement[..end]
}

/// FNV-1a of 128 bits in hexadecimal: to tell texts apart, not to protect anything.
fn hash(text: &str) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = text.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:032x}")
}
