//! Checks the keys that every gear can have.

use crate::parse::{Keys, Text};
use crate::report::Errors;
use proc_macro2::Ident;
use redgrease_syntax::{
    ALLOWABLE, Mistake, PythonVersion, allowable_names, check_requirement, nearest, quoted,
};
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
    /// The kinds of diagnostics that the gear allows.
    pub(crate) allowed: Vec<String>,
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
        allowed: keys
            .allow
            .iter()
            .map(|text| allowed(text, errors))
            .collect(),
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

fn allowed(text: &Text, errors: &mut Errors) -> String {
    let code = text.value();
    if !ALLOWABLE.contains(&code.as_str()) {
        let hint = match nearest(&code, ALLOWABLE.iter().copied()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("write one of {}", allowable_names()),
        };
        let (name, word) = ("allow".to_owned(), quoted(&code));
        errors.at(text.span(), Mistake::UnknownWord { name, word, hint });
    }
    code
}

/// Whether a gear allows a kind of diagnostic.
pub(super) fn allows(keys: &Keys, code: &str) -> bool {
    keys.allow.iter().any(|text| text.value() == code)
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
