//! Fills a [`Chain`]: the Python of its steps, and what that Python needs.

use super::callback::Source;
use super::literal::{py_literal, text};
use super::reader::Reader;
use crate::error::{EncodeError, Result};
use crate::gear::Chain;
use crate::prelude::{Commands, Part, Uses};
use crate::profile::RedgreasePackage;
use crate::requirement::Requirements;
use serde::Serialize;

/// An argument of a step.
pub(super) enum Arg {
    Function(Source),
    Literal(Result<String, EncodeError>),
    /// Python of this crate.
    Raw(&'static str),
}

impl Arg {
    pub(super) fn value<T: Serialize + ?Sized>(value: &T) -> Self {
        Arg::Literal(py_literal(value))
    }
}

impl Chain {
    /// The call that begins a chain.
    pub(super) fn start<R: Reader>(reader: &R, description: Option<&str>) -> String {
        let mut code = format!("GB({}", text(R::NAME));
        if let Some(argument) = reader.argument() {
            code.push_str(", ");
            code.push_str(&argument);
        }
        if let Some(description) = description {
            code.push_str(", desc=");
            code.push_str(&text(description));
        }
        code.push(')');
        code
    }

    /// Appends a step.
    pub(super) fn step(&mut self, name: &str, args: Vec<Arg>) {
        self.code.push('.');
        self.code.push_str(name);
        self.code.push('(');
        for (i, arg) in args.into_iter().enumerate() {
            if i > 0 {
                self.code.push_str(", ");
            }
            match arg {
                Arg::Function(source) => {
                    let python = self.uses(&source);
                    self.code.push_str(&python);
                }
                Arg::Literal(Ok(literal)) => self.code.push_str(&literal),
                Arg::Literal(Err(e)) => drop(self.error.get_or_insert(e)),
                Arg::Raw(python) => self.code.push_str(python),
            }
        }
        self.code.push(')');
    }

    /// Adds a function, and returns the Python expression for it.
    pub(super) fn uses(&mut self, source: &Source) -> String {
        self.written.push(source.text());
        self.defines |= source.is_definition();
        if let Some(e) = source.error() {
            self.error.get_or_insert_with(|| e.clone());
        }
        source.python()
    }

    /// Stores the reason why the chain cannot be sent, unless there is one already.
    pub(super) fn refuse(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }

    /// The parts of the prelude that a script with this chain needs.
    pub(super) fn needs(&self) -> Uses<'static> {
        let mut uses = Uses::default();
        self.add_uses(&mut uses);
        if uses.imports_redgrease() {
            uses.part(Part::Source);
            uses.part(Part::Gear);
        }
        uses
    }

    /// Adds the parts of the prelude that the functions of the chain need.
    pub(crate) fn add_uses(&self, uses: &mut Uses<'_>) {
        uses.chain_texts(&self.written);
        if self.defines {
            uses.part(Part::Source);
        }
        if self.has_objects {
            uses.part(Part::Event);
        }
    }

    /// The requirements of the chain.
    pub(super) fn required(&self, package: &RedgreasePackage) -> Result<Requirements> {
        let mut requirements = Requirements::new();
        for requirement in &self.requirements {
            requirements.add(requirement, "`requires` of a chain")?;
        }
        let needs = self.needs();
        if let Some(package) = package.requirement().filter(|_| needs.imports_redgrease()) {
            requirements.add(package, "the package `redgrease` of the options")?;
        }
        Ok(requirements)
    }

    /// What `cmd` is in the chain.
    pub(super) fn commands(&self) -> Commands {
        let mut requirements = Requirements::new();
        for requirement in &self.requirements {
            // A wrong requirement is an error when the chain is sent.
            let _ = requirements.add(requirement, "`requires` of a chain");
        }
        Commands::of(|name| requirements.contains(name))
    }
}
