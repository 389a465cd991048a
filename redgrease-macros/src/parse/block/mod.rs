//! Blocks of Python: which spelling they have, and the exact text they hold.
//!
//! | module | spelling |
//! |---|---|
//! | `braces` | `python! { .. }`, and `python!< .. >` inside of `gears!` |
//! | `captures` | `'name` inside of a callback |
//! | `literal` | `python!(r#".."#)` |
//! | `file` | `python!(file = "..")` |
//! | `text` | the text, and the way back to the Rust source |

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

/// What a body holds.
pub(crate) enum Block {
    Python(PythonText),
    /// Written in an editor whose macro server knows no source text: nothing can be said about it.
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

/// Finds the block that is the body of a gear.
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
        // Only inside of `gears!` does rustc let this through.
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
        _ => {
            errors.at(python, Mistake::NoBlock);
            None
        }
    };
    no_captures(block, errors)
}

/// A block that is the value of something and cannot be in a file.
pub(super) fn in_place(group: &Group, place: &str, errors: &mut Errors) -> Option<Block> {
    if let [TokenTree::Ident(key), equals, _] = &inner(group)[..]
        && key == "file"
        && is_punct(equals, '=')
    {
        let place = place.to_owned();
        errors.at(group.span(), Mistake::FileNotHere { place });
        return None;
    }
    let block = read(group, errors);
    no_captures(block, errors)
}

/// The Python of `python_module! { name { .. } }`.
pub(super) fn shared(group: &Group, errors: &mut Errors) -> Option<Block> {
    let block = match &inner(group)[..] {
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
    no_captures(block, errors)
}

/// A file that several gears share.
pub(super) fn shared_file(path: &LitStr, errors: &mut Errors) -> Option<Block> {
    file::open(path, Form::Shared, errors)
}

/// A function for a step: what `python!` is where no gear is around it. `whole` is what rustc passes
/// the macro, without the delimiters.
pub(super) fn callback(whole: &TokenStream, errors: &mut Errors) -> Option<Block> {
    let tokens: Vec<TokenTree> = unwrap_invisible(whole.clone()).into_iter().collect();
    match &tokens[..] {
        [TokenTree::Literal(text)] => return literal::read(text, Form::Callback, errors),
        [TokenTree::Ident(key), equals, TokenTree::Literal(path)]
            if key == "file" && is_punct(equals, '=') =>
        {
            let place = "a function for a step".to_owned();
            errors.at(path.span(), Mistake::FileNotHere { place });
            return None;
        }
        _ => {}
    }
    braces::read_bare(whole, Form::Callback, errors)
}

/// Only a callback is evaluated where Rust variables are.
fn no_captures(block: Option<Block>, errors: &mut Errors) -> Option<Block> {
    let captures = block
        .as_ref()?
        .text()
        .map_or(&[][..], |text| &text.captures);
    for capture in captures {
        errors.at(capture.name.span(), Mistake::NothingToCapture);
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
        [TokenTree::Ident(key), equals, path] if key == "file" && is_punct(equals, '=') => {
            file::read(path, errors)
        }
        _ => {
            errors.at(block.span(), Mistake::CodeInParentheses);
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
