//! The Python of a gear.

use super::{Header, Options};
use crate::parse::{Block, PythonText};
use crate::report::Errors;
use redgrease_syntax::{Finding, Form, Source, examine};

/// The Python of a gear, judged.
pub(crate) struct Python<'a> {
    /// Absent if the body is not Python, or cannot be seen.
    pub(crate) text: Option<&'a PythonText>,
    pub(crate) coroutine: bool,
    pub(crate) names: Vec<String>,
    /// The text could not be seen, which is fine in an editor only.
    pub(crate) unseen: bool,
}

pub(super) fn python<'a>(
    block: Option<&'a Block>,
    header: &Header<'_>,
    options: &Options<'_>,
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
    let report = examine(&source.python(options.python));
    for finding in &report.findings {
        show(finding, text, errors);
    }
    Python {
        text: Some(text),
        coroutine: report.coroutine,
        names: report.names,
        unseen: false,
    }
}

/// Points at the Python token, or shows the place where rustc cannot point at it.
fn show(finding: &Finding, text: &PythonText, errors: &mut Errors) {
    let pointed = text.point_at(&finding.range);
    let mut message = finding.to_string();
    if !pointed.exact {
        message.push_str(&text.snippet(&finding.range));
    }
    errors.between(pointed.first, pointed.last, message);
}
