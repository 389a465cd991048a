//! Values of the attribute's keys, and how they go together with the result.

use super::types;
use crate::parse::{Keys, Mode, Text};
use crate::report::Errors;
use proc_macro2::Ident;
use redgrease_syntax::{PythonVersion, check_requirement};
use syn::{ReturnType, Signature};

/// What the attribute says, judged.
pub(crate) struct Options<'a> {
    pub(crate) trigger: Option<String>,
    pub(crate) requirements: Vec<String>,
    pub(crate) mode: Mode,
    pub(crate) description: Option<String>,
    pub(crate) python: PythonVersion,
    pub(crate) handle: Option<&'a Ident>,
}

pub(super) fn options<'a>(
    keys: &'a Keys,
    signature: &Signature,
    errors: &mut Errors,
) -> Options<'a> {
    mode_and_result(keys, signature, errors);
    Options {
        trigger: keys.trigger.as_ref().map(|text| trigger(text, errors)),
        requirements: keys
            .requirements
            .iter()
            .map(|text| requirement(text, errors))
            .collect(),
        mode: keys.mode.map_or(Mode::AsyncLocal, |mode| mode.value),
        description: keys.description.as_ref().map(Text::value),
        python: python(keys.python.as_ref(), errors),
        handle: keys.handle.as_ref(),
    }
}

fn trigger(text: &Text, errors: &mut Errors) -> String {
    let name = text.value();
    if name.is_empty() {
        errors.at(
            text.span(),
            "a trigger has a name: remove the key to use the function's name",
        );
    } else if name.chars().any(char::is_control) {
        errors.at(
            text.span(),
            "this trigger has a control character: use a name people can type",
        );
    }
    name
}

fn requirement(text: &Text, errors: &mut Errors) -> String {
    let requirement = text.value();
    if let Err(error) = check_requirement(&requirement) {
        errors.at(text.span(), error.to_string());
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
            errors.at(text.span(), error.to_string());
            PythonVersion::default()
        })
}

/// `mode = "async"` answers once per shard; the other modes once.
fn mode_and_result(keys: &Keys, signature: &Signature, errors: &mut Errors) {
    let per_shard = match &signature.output {
        ReturnType::Type(_, result) => types::is_per_shard(result),
        ReturnType::Default => false,
    };
    match (keys.mode, per_shard, &signature.output) {
        (Some(mode), false, output) if mode.value == Mode::Async => {
            let message = "`mode = \"async\"` runs on every shard and answers once for each: \
                           make the result `PerShard<T>`, or use `mode = \"async_local\"`";
            match output {
                ReturnType::Type(_, result) => errors.on(result, message),
                ReturnType::Default => errors.at(mode.span, message),
            }
        }
        (Some(mode), true, _) if mode.value == Mode::Async => {}
        (_, true, ReturnType::Type(_, result)) => errors.on(
            result,
            "`PerShard` is the result of a gear that runs on every shard: add `mode = \"async\"`, \
             or make the result the value itself",
        ),
        _ => {}
    }
}
