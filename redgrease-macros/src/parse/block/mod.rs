//! The `python!` block: which spelling it has, and the exact text it holds.
//!
//! | module | spelling |
//! |---|---|
//! | `braces` | `python! { .. }` |
//! | `literal` | `python!(r#".."#)` |
//! | `file` | `python!(file = "..")` |

mod braces;
mod file;
mod literal;
mod text;

pub(crate) use text::PythonText;

use super::unwrap_invisible;
use crate::report::Errors;
use proc_macro2::{Delimiter, Group, Span, TokenTree};

/// What a body holds.
pub(crate) enum Block {
    Python(PythonText),
    /// Written in an editor whose macro server knows no source text: nothing can be said about it.
    Unseen,
}

/// Finds the block that is the body of a gear.
pub(super) fn find(body: &Group, errors: &mut Errors) -> Option<Block> {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let Some((python, rest)) = split_call(&tokens) else {
        let message =
            "the body of a gear is one Python block: write `python! { .. }` and nothing else";
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => errors.between(first.span(), last.span(), message),
            _ => errors.at(body.span(), message),
        }
        return None;
    };
    match rest {
        [TokenTree::Group(block)] => read(block, errors),
        [TokenTree::Group(block), TokenTree::Punct(end)] if end.as_char() == ';' => {
            read(block, errors)
        }
        [TokenTree::Group(_), more, ..] => {
            let last = rest.last().map_or_else(|| more.span(), TokenTree::span);
            errors.between(
                more.span(),
                last,
                "the body of a gear ends with its Python block: remove what stands behind it",
            );
            None
        }
        _ => {
            errors.at(
                python,
                "this `python!` has no block: write `python! { .. }`",
            );
            None
        }
    }
}

/// Splits `path::python! rest` into the span of `python` and the rest.
fn split_call(tokens: &[TokenTree]) -> Option<(Span, &[TokenTree])> {
    let bang = tokens.iter().position(|token| is_punct(token, '!'))?;
    let (path, rest) = tokens.split_at(bang);
    let (TokenTree::Ident(name), path) = path.split_last()? else {
        return None;
    };
    let is_path = path.iter().all(|token| match token {
        TokenTree::Ident(_) => true,
        token => is_punct(token, ':'),
    });
    (name == "python" && is_path && path.last().is_none_or(|token| is_punct(token, ':')))
        .then(|| (name.span(), &rest[1..]))
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn read(block: &Group, errors: &mut Errors) -> Option<Block> {
    let tokens: Vec<TokenTree> = unwrap_invisible(block.stream()).into_iter().collect();
    if block.delimiter() == Delimiter::Brace {
        if let [TokenTree::Literal(only)] = &tokens[..]
            && only.to_string().starts_with("r#")
        {
            errors.at(
                only.span(),
                "a Rust string in braces would be taken for Python: write `python!(r#\"..\"#)`, \
                 with parentheses",
            );
            return None;
        }
        return braces::read(block, errors);
    }
    match &tokens[..] {
        [TokenTree::Literal(text)] => literal::read(text, errors),
        [TokenTree::Ident(key), equals, path] if key == "file" && is_punct(equals, '=') => {
            file::read(path, errors)
        }
        _ => {
            errors.at(
                block.span(),
                "expected a string or `file = \"..\"` here: Python itself goes into braces, \
                 `python! { .. }`",
            );
            None
        }
    }
}

/// Whether this runs in an editor, whose macro server does not know where tokens stand. No block can
/// begin where a file does, as a function must be around it.
fn in_editor(span: Span) -> bool {
    let span = span.unwrap();
    span.line() <= 1 && span.column() <= 1
}
