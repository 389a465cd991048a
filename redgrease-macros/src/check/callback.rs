//! Checks functions for steps.

use super::python::show;
use crate::parse::{Block, PythonText};
use crate::report::Errors;
use proc_macro2::Ident;
use redgrease_syntax::{Mistake, Source, examine};

/// A checked function for a step.
pub(crate) struct Callback<'a> {
    /// The Python without comments and blanks around it.
    pub(crate) source: &'a str,
    pub(crate) file: &'a str,
    pub(crate) line: usize,
    pub(crate) captures: Vec<&'a Ident>,
    /// The number of arguments. `None` if the text does not show the number.
    pub(crate) arity: Option<usize>,
}

/// Checks a callback. `None` if there is no callback, or if an editor hides its text.
pub(crate) fn callback<'a>(block: Option<&'a Block>, errors: &mut Errors) -> Option<Callback<'a>> {
    let text = block?.text()?;
    let names: Vec<String> = text
        .captures
        .iter()
        .map(|capture| format!("_{}", capture.name))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let start = beginning(&text.text);
    let source = text.text[start..].trim_end();
    let report = examine(&Source::callback(source).known(&names));
    for finding in &report.findings {
        show(finding, start, text, errors);
    }
    for capture in &text.captures {
        if let Some(place) = capture.taken {
            let name = capture.name.to_string();
            errors.at(place, Mistake::CaptureTaken { name });
        }
    }
    Some(Callback {
        source,
        file: &text.file,
        line: text.line + text.text[..start].matches('\n').count(),
        captures: captures(text),
        arity: report.arity,
    })
}

fn captures(text: &PythonText) -> Vec<&Ident> {
    text.captures.iter().map(|capture| &capture.name).collect()
}

/// The beginning of the first line of code.
fn beginning(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_start();
        if !code.is_empty() && !code.starts_with('#') {
            return at + (line.len() - code.len());
        }
        at += line.len();
    }
    0
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn comments_and_blank_lines_are_skipped() {
        for text in ["x", "  x", "\n\n  x", "  # why\n\t x", "# a\n# b\nx"] {
            assert_eq!(&text[beginning(text)..], "x");
        }
        assert_eq!(beginning(" # nothing\n"), 0);
    }
}
