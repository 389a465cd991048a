//! Reads blocks of Python: their spelling and their exact text.
//!
//! | module | purpose |
//! |---|---|
//! | `braces` | reads `python! { .. }`, and `python!< .. >` inside `gears!` |
//! | `captures` | reads `'name` inside a callback |
//! | `literal` | reads `python!(r#".."#)` |
//! | `file` | reads `python!(file = "..")` |
//! | `text` | the text with a map back to the Rust source |

mod braces;
mod captures;
mod file;
mod literal;
mod text;

pub(crate) use text::PythonText;

use super::unwrap_invisible;
use crate::report::Errors;
use braces::Place;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use redgrease_syntax::{Form, Mistake};
use syn::LitStr;

/// A block of Python.
pub(crate) enum Block {
    Python(PythonText),
    /// The macro runs in an editor, whose macro server has no source text, so there is nothing to check.
    Unseen,
}

impl Block {
    pub(crate) fn text(&self) -> Option<&PythonText> {
        match self {
            Block::Python(text) => Some(text),
            Block::Unseen => None,
        }
    }
}

/// Reads the block that is the body of a gear.
pub(super) fn find(body: &Group, errors: &mut Errors) -> Option<Block> {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let Some((python, rest)) = split_call(&tokens) else {
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => {
                errors.between(first.span(), last.span(), Mistake::OtherBody);
            }
            _ => errors.at(body.span(), Mistake::OtherBody),
        }
        return None;
    };
    let block = match rest {
        [TokenTree::Group(block)] => read(block, errors),
        [TokenTree::Group(block), TokenTree::Punct(end)] if end.as_char() == ';' => {
            read(block, errors)
        }
        // Outside of `gears!` the compiler refuses this before it calls the macro.
        [open, inside @ .., close] if is_punct(open, '<') && is_punct(close, '>') => {
            let place = Place {
                group: body,
                open: open.span(),
                close: close.span(),
                tokens: inside.iter().cloned().collect(),
            };
            braces::read(&place, Form::Body, errors)
        }
        [TokenTree::Group(_), more, ..] => {
            let last = rest.last().map_or_else(|| more.span(), TokenTree::span);
            errors.between(more.span(), last, Mistake::BehindBlock);
            None
        }
        [open, ..] if is_punct(open, '<') => {
            errors.between(python, open.span(), Mistake::AngleNotClosed);
            None
        }
        _ => {
            errors.at(python, Mistake::NoBlock);
            None
        }
    };
    let hint = "make the variable an argument of the gear";
    without_captures(block, "the body of a gear", hint, errors)
}

/// Reads the block of `on_registered = python! { .. }`.
pub(super) fn on_registered(group: &Group, errors: &mut Errors) -> Option<Block> {
    if is_file(&inner(group)) {
        let mistake = file_not_here(
            "`on_registered`",
            "write the Python here, or move it to a function of `module = \"gears/file.py\"`",
        );
        errors.at(group.span(), mistake);
        return None;
    }
    let block = read(group, errors);
    let hint = "write the value in the Python";
    without_captures(block, "`on_registered`", hint, errors)
}

/// Reads the block of `python_module! { name { .. } }`.
pub(super) fn shared(group: &Group, errors: &mut Errors) -> Option<Block> {
    let tokens = inner(group);
    let block = match &tokens[..] {
        _ if is_file(&tokens) => {
            let mistake = file_not_here(
                "a `python_module!`",
                "name the file in each gear, `module = \"gears/file.py\"`",
            );
            errors.at(group.span(), mistake);
            None
        }
        [TokenTree::Literal(text)] if group.delimiter() == Delimiter::Parenthesis => {
            literal::read(text, Form::Shared, errors)
        }
        _ if group.delimiter() == Delimiter::Brace => {
            braces::read(&Place::inside(group), Form::Shared, errors)
        }
        _ => {
            errors.at(group.span(), Mistake::ModuleString);
            None
        }
    };
    let hint = "write the value in the Python";
    without_captures(block, "a `python_module!`", hint, errors)
}

/// Reads a file that several gears share.
pub(super) fn shared_file(path: &LitStr, errors: &mut Errors) -> Option<Block> {
    file::open(path, Form::Shared, errors)
}

/// Reads the block of a `python!` outside a gear: a function for a step. `whole` is the input of the macro,
/// without delimiters.
pub(super) fn callback(whole: &TokenStream, errors: &mut Errors) -> Option<Block> {
    let tokens: Vec<TokenTree> = unwrap_invisible(whole.clone()).into_iter().collect();
    match &tokens[..] {
        [TokenTree::Literal(text)] => return literal::read(text, Form::Callback, errors),
        [_, _, path @ TokenTree::Literal(_)] if is_file(&tokens) => {
            let mistake = file_not_here("a function for a step", "write the Python here");
            errors.at(path.span(), mistake);
            return None;
        }
        _ => {}
    }
    braces::read_bare(whole, Form::Callback, errors)
}

/// Refuses captures of Rust variables, which only a callback can use.
fn without_captures(
    block: Option<Block>,
    place: &str,
    hint: &str,
    errors: &mut Errors,
) -> Option<Block> {
    let captures = block
        .as_ref()?
        .text()
        .map_or(&[][..], |text| &text.captures);
    for capture in captures {
        let (place, hint) = (place.to_owned(), hint.to_owned());
        errors.at(
            capture.name.span(),
            Mistake::NothingToCapture { place, hint },
        );
    }
    if captures.is_empty() { block } else { None }
}

/// Splits `path::python! rest` into the span of `python` and the rest.
pub(super) fn split_call(tokens: &[TokenTree]) -> Option<(Span, &[TokenTree])> {
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

/// Whether the tokens are `file = ..`.
fn is_file(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Ident(key), equals, _] if key == "file" && is_punct(equals, '='))
}

fn file_not_here(place: &str, hint: &str) -> Mistake {
    Mistake::FileNotHere {
        place: place.to_owned(),
        hint: hint.to_owned(),
    }
}

pub(super) fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn inner(group: &Group) -> Vec<TokenTree> {
    unwrap_invisible(group.stream()).into_iter().collect()
}

fn read(block: &Group, errors: &mut Errors) -> Option<Block> {
    let tokens = inner(block);
    if block.delimiter() == Delimiter::Brace {
        if let [TokenTree::Literal(only)] = &tokens[..]
            && only.to_string().starts_with("r#")
        {
            errors.at(only.span(), Mistake::StringInBraces);
            return None;
        }
        return braces::read(&Place::inside(block), Form::Body, errors);
    }
    match &tokens[..] {
        [TokenTree::Literal(text)] => literal::read(text, Form::Body, errors),
        [_, _, path] if is_file(&tokens) => file::read(path, errors),
        _ => {
            errors.at(block.span(), Mistake::CodeInParentheses);
            None
        }
    }
}

/// Whether the macro runs in an editor. Its macro server places every token at the beginning of the file,
/// where no block can be, because a function is around every block.
fn in_editor(span: Span) -> bool {
    let span = span.unwrap();
    span.line() <= 1 && span.column() <= 1
}
