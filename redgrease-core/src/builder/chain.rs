//! What a chain collects on its way: the Python of its steps and what that needs.

use super::callback::Source;
use super::literal::{py_literal, text};
use super::reader::Reader;
use crate::commands::PyExecuteOptions;
use crate::error::{EncodeError, Error, Result};
use crate::prelude::{Part, Uses};
use crate::requirement::Requirements;
use serde::Serialize;

/// The steps of a chain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    /// `GB('..', ..)` and the steps: everything in front of `.run(` or `.register(`.
    pub(super) code: String,
    pub(crate) requirements: Vec<String>,
    /// The Python users wrote, in which the names of the prelude are looked for.
    pub(super) written: Vec<&'static str>,
    /// Whether some of it is a whole function.
    pub(super) defines: bool,
    /// Whether records are made objects.
    pub(super) has_objects: bool,
    error: Option<EncodeError>,
}

/// An argument of a step.
pub(super) enum Arg {
    Function(Source),
    Literal(Result<String, EncodeError>),
    /// Python of our own.
    Raw(&'static str),
}

impl Arg {
    pub(super) fn value<T: Serialize + ?Sized>(value: &T) -> Self {
        Arg::Literal(py_literal(value))
    }
}

impl Chain {
    /// Begins a chain.
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

    /// Notes what a function needs, and gives the expression for it.
    pub(super) fn uses(&mut self, source: &Source) -> String {
        self.written.push(source.text());
        self.defines |= source.is_definition();
        if let Some(e) = source.error() {
            self.error.get_or_insert_with(|| e.clone());
        }
        source.python()
    }

    pub(super) fn refuse(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }

    /// Fails if a value in it has no counterpart in Python.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.error {
            Some(e) => Err(Error::from(e.clone())),
            None => Ok(()),
        }
    }

    /// The parts of the prelude it needs.
    pub(super) fn needs(&self) -> Uses<'static> {
        let mut uses = Uses::default();
        uses.chain(self);
        if uses.imports {
            uses.part(Part::Source);
            uses.part(Part::Gear);
        }
        uses
    }

    /// What is sent beside the script.
    pub(super) fn options(&self) -> Result<PyExecuteOptions> {
        let mut requirements = Requirements::new();
        for requirement in &self.requirements {
            requirements.add(requirement, "`requires` of a chain")?;
        }
        let needs = self.needs();
        if let Some(package) = crate::registry::redgrease_requirement().filter(|_| needs.imports) {
            requirements.add(&package, "the package `redgrease` of the options")?;
        }
        if needs.needs_client() && !requirements.contains("redis") {
            requirements.add("redis", "`cmd`")?;
        }
        Ok(PyExecuteOptions::new().requirements(requirements.to_strings()))
    }

    /// Whether the Python in it uses a name, as far as can be told without parsing it.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.written.iter().any(|text| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .any(|word| word == name)
        })
    }

    /// The text users wrote.
    pub(crate) fn written(&self) -> &[&'static str] {
        &self.written
    }

    /// Whether the classes of records are needed.
    pub(crate) fn has_objects(&self) -> bool {
        self.has_objects
    }

    /// Whether `_define` is needed.
    pub(crate) fn defines(&self) -> bool {
        self.defines
    }
}
