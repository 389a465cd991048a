//! Reads `python!(r#".."#)`: Python in a Rust string.

use super::text::{Origin, PythonText};
use super::{Block, in_editor};
use crate::report::Errors;
use proc_macro2::Literal;
use redgrease_syntax::{Form, Mistake};
use syn::Lit;

pub(super) fn read(literal: &Literal, form: Form, errors: &mut Errors) -> Option<Block> {
    let Lit::Str(string) = Lit::new(literal.clone()) else {
        errors.at(literal.span(), Mistake::OtherLiteral);
        return None;
    };
    if !string.suffix().is_empty() {
        errors.at(literal.span(), Mistake::StringSuffix);
        return None;
    }
    if in_editor(literal.span()) {
        return Some(Block::Unseen);
    }
    let span = literal.span().unwrap();
    let written = literal.to_string();
    // The lines and columns of the text are those of the file only if the string has no escapes, and if it is
    // at the place of its span, which another macro may have changed.
    let verbatim = (written.starts_with('r') || !written.contains('\\'))
        && span.source_text().as_ref() == Some(&written);
    let opening = written.find('"').map_or(0, |quote| quote + 1);
    Some(Block::Python(PythonText {
        text: string.value(),
        form,
        file: span.file(),
        line: span.line(),
        watched: None,
        captures: Vec::new(),
        origin: Origin::Whole {
            token: literal.span(),
            column: verbatim.then(|| span.column() - 1 + opening),
        },
    }))
}
