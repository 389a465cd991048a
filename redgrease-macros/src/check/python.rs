//! Checks the Python of a gear.

use super::shared::Known;
use super::{Header, Target};
use crate::parse::{Block, PythonText};
use crate::report::Errors;
use redgrease_syntax::{
    Finding, Form, Generators, Intercepts, Refusals, Source, UnknownName, examine,
};
use std::ops::Range;

/// The checked Python of a gear.
pub(crate) struct Python<'a> {
    /// `None` if the body is not Python, or if an editor hides its text.
    pub(crate) text: Option<&'a PythonText>,
    pub(crate) coroutine: bool,
    pub(crate) names: Vec<String>,
    /// Names that only the gear's module can define. The compiler checks that it does.
    pub(crate) unknown_names: Vec<UnknownName>,
    /// The places of each `Err`, if the name of the result's type does not tell whether it is received.
    pub(crate) refusals: Vec<Range<usize>>,
    /// The text was hidden, which is an error outside of an editor.
    pub(crate) unseen: bool,
}

pub(super) fn python<'a>(
    block: Option<&'a Block>,
    header: &Header<'_>,
    target: Target<'_>,
    known: &Known<'_>,
    (generators, refusals, intercepts): (Generators, Refusals, Intercepts),
    result: Option<&str>,
    errors: &mut Errors,
) -> Python<'a> {
    let text = match block {
        Some(Block::Python(text)) => text,
        unseen => {
            let unseen = unseen.is_some();
            return Python {
                text: None,
                coroutine: false,
                names: Vec::new(),
                unknown_names: Vec::new(),
                refusals: Vec::new(),
                unseen,
            };
        }
    };
    let parameters: Vec<&str> = header
        .arguments
        .iter()
        .map(|argument| argument.python_name.as_str())
        .collect();
    let source = match text.form {
        Form::Module => Source::module(&header.python_name, &parameters, &text.text),
        _ => Source::body(&header.python_name, &parameters, &text.text),
    };
    let report = examine(
        &source
            .python(target.python)
            .requirements(target.requirements)
            .allowed(target.allowed)
            .known(&known.names)
            .has_unknown_names(known.more)
            .hidden(&known.locals)
            .generators(generators)
            .refusals(refusals)
            .intercepts(intercepts)
            .result(result),
    );
    show_all(&report.findings, text, errors);
    Python {
        text: Some(text),
        coroutine: report.coroutine,
        names: report.names,
        unknown_names: report.unknown_names,
        refusals: report.refusals,
        unseen: false,
    }
}

pub(super) fn show_all(findings: &[Finding], text: &PythonText, errors: &mut Errors) {
    for finding in findings {
        show(finding, 0, text, errors);
    }
}

/// Adds an error at the Python token. If rustc cannot underline the token, the message shows the place. The
/// examined text begins at `offset` of `text`.
pub(super) fn show(finding: &Finding, offset: usize, text: &PythonText, errors: &mut Errors) {
    let range = finding.range.start + offset..finding.range.end + offset;
    let underline = text.underline(&range);
    let mut message = finding.to_string();
    if !underline.exact {
        message.push_str(&text.snippet(&range));
    }
    errors.between(underline.first, underline.last, message);
}
