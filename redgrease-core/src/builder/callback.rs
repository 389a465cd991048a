//! Python functions as arguments of steps.

use super::literal::text;
use crate::error::EncodeError;

/// A Python function of `N` arguments, made by `python!(lambda a, x: ..)`.
#[derive(Debug, Clone)]
pub struct Callback<const N: usize>(Source);

/// A Python function whose number of arguments is not known at compile time: `python!(str.split)`,
/// `python!(lambda *a: ..)`.
///
/// Every step accepts it. With a wrong number of arguments, the call fails in Python.
#[derive(Debug, Clone)]
pub struct AnyCallback(Source);

/// The content of a [`Callback`] or [`AnyCallback`].
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Source {
    text: &'static str,
    file: &'static str,
    line: u32,
    /// Names of captured Rust values, with the Python literals of the values.
    captures: Vec<(&'static str, String)>,
    error: Option<EncodeError>,
    /// Whether a lambda is put around the text: servers refuse functions that are not written in Python, such as
    /// `str.split`.
    wrapped: bool,
}

/// Names of captured Rust values, with the results of [`py_literal`](super::py_literal).
type Captures = Vec<(&'static str, Result<String, EncodeError>)>;

impl Source {
    fn new(text: &'static str, file: &'static str, line: u32, captures: Captures) -> Self {
        let mut source = Source {
            text,
            file,
            line,
            captures: Vec::new(),
            error: None,
            wrapped: false,
        };
        for (name, value) in captures {
            match value {
                Ok(value) => source.captures.push((name, value)),
                Err(e) => {
                    let shown = name.trim_start_matches('_');
                    let e = EncodeError::new(format!(
                        "the captured value '{shown} of the Python at {file}:{line}: {e}"
                    ));
                    source.error.get_or_insert(e);
                }
            }
        }
        source
    }

    /// The error of a captured value that has no literal.
    pub(super) fn error(&self) -> Option<&EncodeError> {
        self.error.as_ref()
    }

    /// The Python text of the user.
    pub(super) fn text(&self) -> &'static str {
        self.text
    }

    /// Whether the text is a function definition, which cannot be a part of an expression.
    pub(super) fn is_definition(&self) -> bool {
        let text = self.text.trim_start();
        ["def ", "async def ", "@"]
            .iter()
            .any(|start| text.starts_with(start))
    }

    /// A Python expression for the function.
    pub(super) fn python(&self) -> String {
        if self.is_definition() {
            let captures: Vec<String> = self
                .captures
                .iter()
                .map(|(name, value)| format!("{}: {value}", text(name)))
                .collect();
            return format!(
                "_define({}, {{{}}}, {}, {})",
                text(self.text),
                captures.join(", "),
                text(self.file),
                self.line
            );
        }
        let written = self.text.trim();
        // The text may end with a comment, so a newline has to follow.
        let end = if written.contains('#') { "\n" } else { "" };
        let function = if self.wrapped {
            format!("lambda *args: ({written}{end})(*args)")
        } else {
            format!("{written}{end}")
        };
        if self.captures.is_empty() {
            return function;
        }
        let names: Vec<&str> = self.captures.iter().map(|(name, _)| *name).collect();
        let values: Vec<&str> = self.captures.iter().map(|(_, v)| v.as_str()).collect();
        // The values are arguments of an outer lambda, so the text cannot change their literals.
        format!(
            "(lambda {}: {function})({})",
            names.join(", "),
            values.join(", ")
        )
    }
}

impl<const N: usize> Callback<N> {
    /// Called by the expansion of `python!(..)` only.
    #[doc(hidden)]
    pub fn new(text: &'static str, file: &'static str, line: u32, captures: Captures) -> Self {
        Callback(Source::new(text, file, line, captures))
    }
}

impl AnyCallback {
    /// Called by the expansion of `python!(..)` only.
    #[doc(hidden)]
    pub fn new(text: &'static str, file: &'static str, line: u32, captures: Captures) -> Self {
        AnyCallback(Source::new(text, file, line, captures))
    }
}

/// A function that a step can call with `N` arguments.
#[diagnostic::on_unimplemented(
    message = "expected a Python function (number of arguments: {N}), found `{Self}`",
    label = "write a `python!` with this number of arguments",
    note = "the documentation of the step names the arguments, for example `accumulator, record` for `aggregate`"
)]
pub trait IntoCallback<const N: usize> {
    #[doc(hidden)]
    fn into_source(self) -> Source;
}

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoCallback<N> for Callback<N> {
    fn into_source(self) -> Source {
        self.0
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoCallback<N> for AnyCallback {
    fn into_source(mut self) -> Source {
        self.0.wrapped = !self.0.is_definition();
        self.0
    }
}
