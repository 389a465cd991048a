//! Checks the keys that every gear can have.

use crate::parse::{Keys, Text};
use crate::report::Errors;
use proc_macro2::Ident;
use redgrease_syntax::{Mistake, PythonVersion, check_requirement};
use syn::Path;

/// The checked keys that every gear can have.
pub(crate) struct Options<'a> {
    pub(crate) requirements: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) python: PythonVersion,
    pub(crate) handle: Option<&'a Ident>,
    pub(crate) krate: Option<&'a Path>,
    pub(crate) replace: Option<bool>,
    pub(crate) count_calls: bool,
}

pub(super) fn options<'a>(keys: &'a Keys, errors: &mut Errors) -> Options<'a> {
    Options {
        requirements: keys
            .requirements
            .iter()
            .map(|text| requirement(text, errors))
            .collect(),
        description: keys.description.as_ref().map(Text::value),
        python: python(keys.python.as_ref(), errors),
        handle: keys.handle.as_ref(),
        krate: keys.krate.as_ref(),
        replace: keys.replace.map(|flag| flag.value),
        count_calls: keys.count_calls.is_some_and(|flag| flag.value),
    }
}

fn requirement(text: &Text, errors: &mut Errors) -> String {
    let requirement = text.value();
    if requirement.is_empty() {
        errors.at(text.span(), Mistake::EmptyRequirement);
    } else if let Err(error) = check_requirement(&requirement) {
        errors.at(text.span(), error);
    }
    requirement
}

fn python(text: Option<&Text>, errors: &mut Errors) -> PythonVersion {
    let Some(text) = text else {
        return PythonVersion::default();
    };
    text.value()
        .parse()
        .unwrap_or_else(|error: redgrease_syntax::ParsePythonVersionError| {
            errors.at(text.span(), error);
            PythonVersion::default()
        })
}
