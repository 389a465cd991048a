//! What a new server has of what an old one has.

use super::findings::name;
use super::server::Gears;
use crate::commands::names::subject;
use crate::failure::Failure;
use crate::output::without_passwords;
use redgrease_core::{Con, GearsCommands as _, RegistrationInfo, Requirements};
use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(super) struct Compared {
    pub(super) name: String,
    is_engine: bool,
    python: String,
    /// The number of registrations that it has.
    has: usize,
    /// The registrations that it lacks.
    lacks: Vec<String>,
    /// The registrations that it has in another mode.
    differ: Vec<String>,
    /// The packages that it would have to install.
    lacks_packages: Vec<String>,
    /// The packages that no requirement of the new server can be read as.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread_packages: Vec<String>,
}

impl Compared {
    pub(super) fn new(old: &Gears, con: &mut Con) -> Result<Self, Failure> {
        let new = Gears::read(con)?;
        let mut compared = Compared {
            name: format!("the new server has {}", new.name()),
            is_engine: new.is_engine,
            python: con.python_version()?,
            ..Compared::default()
        };
        compared.registrations(&old.registrations, &new.registrations);
        let mut wanted = Requirements::new();
        for row in &old.requirements {
            if wanted.add(&row.name, "the old server").is_err() {
                compared.unread_packages.push(without_passwords(&row.name));
            }
        }
        let missing = wanted.missing_from(&new.requirements);
        compared.lacks_packages = missing.iter().map(|name| without_passwords(name)).collect();
        Ok(compared)
    }

    fn registrations(&mut self, old: &[RegistrationInfo], new: &[RegistrationInfo]) {
        for row in old {
            let is_same =
                |it: &&RegistrationInfo| it.reader == row.reader && subject(it) == subject(row);
            let modes: Vec<&str> = new
                .iter()
                .filter(is_same)
                .map(|it| it.mode.as_str())
                .collect();
            match modes.as_slice() {
                [] => self.lacks.push(name(row)),
                modes if modes.contains(&row.mode.as_str()) => self.has += 1,
                modes => self.differ.push(format!(
                    "{} is {} there and {} here",
                    name(row),
                    modes[0],
                    row.mode
                )),
            }
        }
    }

    pub(super) fn has_all(&self) -> bool {
        self.is_engine
            && self.lacks.is_empty()
            && self.differ.is_empty()
            && self.lacks_packages.is_empty()
    }

    pub(super) fn texts(&self) -> Vec<String> {
        let mut texts = vec![format!("it runs Python {}", self.python)];
        if !self.is_engine {
            texts.push("it does not have the engine of this project: load it first".to_owned());
        }
        if self.has > 0 {
            texts.push(format!("it has {} of the registrations", self.has));
        }
        texts.extend(self.lacks.iter().map(|name| format!("it lacks {name}")));
        texts.extend(self.differ.iter().cloned());
        texts.extend(
            self.lacks_packages
                .iter()
                .map(|name| format!("it lacks the package {name}")),
        );
        texts.extend(self.unread_packages.iter().map(|name| {
            format!("the package {name} has no name that can be compared: look yourself")
        }));
        if self.has_all() {
            texts.push("nothing is missing".to_owned());
        }
        texts
    }
}
