//! The script that registers a set of gears.

use super::placed::Placed;
use super::statement::{Statement, space_name};
use crate::builder::literal::text as literal;
use crate::builder::of_codec;
use crate::error::Result;
use crate::gear::{GearKind, PythonModule};
use crate::prelude::{Commands, Part, REDIS_PY, Uses};
use crate::profile::RedgreasePackage;
use crate::requirement::Requirements;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The script of a set of gears, and its requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    /// The Python.
    pub(crate) text: String,
    pub(crate) requirements: Vec<String>,
    /// A hash that changes whenever the behaviour of the gears changes.
    pub(crate) hash: String,
    /// The hash of each gear, by label.
    pub(crate) gears: BTreeMap<String, String>,
    /// For servers without commands of their own: the text with `cmd` as the client of redis-py, and its requirements.
    pub(crate) with_redis_py: Option<(String, Vec<String>)>,
}

impl Script {
    /// The script that registers `gears` in a session.
    ///
    /// # Errors
    ///
    /// When their requirements exclude each other.
    pub(crate) fn of(session: &str, gears: &[Placed], package: &RedgreasePackage) -> Result<Self> {
        let uses = uses(gears);
        let required = requirements(gears, &uses, package)?;
        let requirements = required.to_strings();
        let commands = Commands::of(|name| required.contains(name));
        let mut text = uses.prelude(package.is_bundled(), commands);
        let prelude = text.len();
        let mut identity = text.clone();
        for module in modules(gears) {
            text.push_str(&space(session, module, gears, true));
            identity.push_str(&space("", module, gears, false));
        }
        for placed in gears {
            let statement =
                |with_place| Statement::of(placed, session, package, with_place).to_string();
            text.push_str(&statement(true));
            identity.push_str(&statement(false));
        }
        let _ = writeln!(text, "_registered({})", literal(session));
        let with_redis_py = if uses.needs_commands() && commands == Commands::Engine {
            let mut other = uses.prelude(package.is_bundled(), Commands::RedisPy);
            other.push_str(&text[prelude..]);
            Some((other, with_redis_py(required)?))
        } else {
            None
        };
        for requirement in &requirements {
            let _ = writeln!(identity, "# requires {requirement}");
        }
        Ok(Script {
            text,
            requirements,
            hash: hash(&identity),
            gears: hashes(gears, package),
            with_redis_py,
        })
    }
}

/// The hash of each gear, by label. It does not depend on the target of the package that the gear is in, so that a gear that
/// has moved is recognised.
pub(super) fn hashes(gears: &[Placed], package: &RedgreasePackage) -> BTreeMap<String, String> {
    let own = |placed: &Placed| {
        let mut own = Statement::without_path(placed, package);
        if let Some(module) = placed.gear.spec().module {
            own.push_str(module.source);
        }
        hash(&own)[..16].to_owned()
    };
    let pair = |placed: &Placed| (placed.label.clone(), own(placed));
    gears.iter().map(pair).collect()
}

/// The names and parts that the Python of the gears uses.
fn uses(gears: &[Placed]) -> Uses<'static> {
    let mut uses = Uses::default();
    for part in [Part::Codec, Part::Source, Part::Gear] {
        uses.part(part);
    }
    for placed in gears {
        let spec = placed.gear.spec();
        uses.text(spec.source, spec.names);
        for codec in spec.args.iter().map(|(_, codec)| codec).chain([&spec.ret]) {
            of_codec(codec, &mut uses);
        }
        if let Some(module) = spec.module {
            uses.text(module.source, module.uses);
        }
        if let Some(on_registered) = &spec.on_registered {
            uses.text(on_registered.source, on_registered.names);
        }
        if let Some(chain) = &placed.chain {
            chain.chain.add_uses(&mut uses);
        }
        if spec.hook().is_some() {
            uses.part(Part::Hook);
        }
        uses.part(match spec.kind {
            GearKind::Command { .. } => Part::Command,
            GearKind::Keys(_) | GearKind::Stream(_) => Part::Event,
            GearKind::Every(_) => Part::Every,
            GearKind::Function(_) => Part::Gear,
        });
    }
    uses
}

/// The shared Python of the gears, each once, in the order of their names.
fn modules(gears: &[Placed]) -> Vec<&'static PythonModule> {
    let mut modules: Vec<&PythonModule> = Vec::new();
    for module in gears.iter().filter_map(|p| p.gear.spec().module) {
        // Compared by content, since a constant may have several addresses.
        if !modules
            .iter()
            .any(|m| space_name(m) == space_name(module) && m.source == module.source)
        {
            modules.push(module);
        }
    }
    modules.sort_by_key(|m| (space_name(m), m.source));
    modules
}

/// The statement that creates a namespace of shared Python.
fn space(session: &str, module: &PythonModule, gears: &[Placed], with_place: bool) -> String {
    let mut names: BTreeSet<&str> = module.uses.iter().copied().collect();
    for spec in gears.iter().map(|p| p.gear.spec()) {
        if spec
            .module
            .is_some_and(|m| space_name(m) == space_name(module))
        {
            names.extend(spec.names);
            names.extend(spec.on_registered.iter().flat_map(|o| o.names));
        }
    }
    let names: Vec<String> = names.into_iter().map(literal).collect();
    let (file, line) = if with_place {
        (module.source_file, module.source_line)
    } else {
        ("", 0)
    };
    let name = space_name(module);
    format!(
        "{name} = _Space({}, {}, ({}, {}, {line}), [{}])\n",
        literal(session),
        literal(module.name),
        literal(module.source),
        literal(file),
        names.join(", ")
    )
}

/// The required packages, each package once, in a fixed order.
fn requirements(
    gears: &[Placed],
    uses: &Uses<'_>,
    package: &RedgreasePackage,
) -> Result<Requirements> {
    let mut all = Requirements::new();
    for placed in gears {
        let place = || format!("gear `{}`, {}", placed.gear.name(), placed.gear.location());
        for requirement in placed.gear.spec().requirements {
            all.add(requirement, place())?;
        }
        for requirement in placed.chain.iter().flat_map(|c| &c.chain.requirements) {
            all.add(requirement, place())?;
        }
    }
    if let Some(package) = package.requirement().filter(|_| uses.imports_redgrease()) {
        all.add(package, "the package `redgrease` of the options")?;
    }
    Ok(all)
}

/// The requirements, with redis-py.
fn with_redis_py(mut requirements: Requirements) -> Result<Vec<String>> {
    requirements.add(REDIS_PY, "`cmd`")?;
    Ok(requirements.to_strings())
}

/// FNV-1a of 128 bits in hexadecimal. It distinguishes texts; it is not a cryptographic hash.
fn hash(text: &str) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = text.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:032x}")
}
