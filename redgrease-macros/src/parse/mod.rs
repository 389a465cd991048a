//! Parses tokens into a model of the user's input. Reports only input that cannot be read.
//!
//! | module | purpose |
//! |---|---|
//! | `kind` | the kinds of attributes |
//! | `attribute` | reads the keys of an attribute |
//! | `item` | reads the function below an attribute |
//! | `block` | reads the Python |
//! | `list` | reads the input of `gears!` |
//! | `module` | reads the input of `python_module!` |
//! | `test` | reads the function below `#[gear_test]` |

mod attribute;
mod block;
mod item;
mod kind;
mod list;
mod module;
mod test;

pub(crate) use attribute::{Keys, Mode, Module, OnFailed, Text, Trigger};
pub(crate) use block::{Block, PythonText};
pub(crate) use kind::Kind;
pub(crate) use list::{Gears, Item, gears};
pub(crate) use module::{SharedPython, python_module};
pub(crate) use test::{Test, TestCluster, test};

use crate::report::Errors;
use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{Attribute, Signature, Visibility};

/// A gear as the user wrote it.
pub(crate) struct Input {
    pub(crate) kind: Kind,
    pub(crate) keys: Keys,
    /// The attributes of the function, including doc comments.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// The Python. `None` if the body is not a block of Python.
    pub(crate) block: Option<Block>,
    /// The tokens of the body. `None` if the function has no body.
    pub(crate) body: Option<Group>,
}

/// Reads `#[kind(attribute)] item`. Returns the item if it is not a function.
pub(crate) fn gear(
    kind: Kind,
    attribute: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Result<Input, TokenStream> {
    let mut input = head(kind, attribute, item, errors)?;
    if let (true, Some(body)) = (kind != Kind::Function, &input.body) {
        input.block = block::find(body, errors);
    }
    Ok(input)
}

/// Reads all of a gear but its Python. Returns the item if it is not a function.
pub(crate) fn head(
    kind: Kind,
    attribute: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Result<Input, TokenStream> {
    let keys = attribute::keys(kind, attribute, errors);
    let item = item::function(kind, item, errors)?;
    Ok(Input {
        kind,
        keys,
        attributes: item.attributes,
        visibility: item.visibility,
        signature: item.signature,
        block: None,
        body: item.body,
    })
}

/// Reads a `python!` outside a gear: a function for a step.
pub(crate) fn callback(tokens: &TokenStream, errors: &mut Errors) -> Option<Block> {
    block::callback(tokens, errors)
}

/// Reads `crate = path`, the only key of `#[gear_value(..)]`.
pub(crate) fn crate_key(tokens: TokenStream) -> Option<syn::Path> {
    let tokens: Vec<TokenTree> = unwrap_invisible(tokens).into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(key), TokenTree::Punct(equals), path @ ..]
            if key == "crate" && equals.as_char() == '=' =>
        {
            attribute::krate(&path.iter().cloned().collect())
        }
        _ => None,
    }
}

/// Removes the invisible delimiters that a `macro_rules` variable puts around its value.
fn unwrap_invisible(tokens: TokenStream) -> TokenStream {
    let mut all: Vec<TokenTree> = tokens.into_iter().collect();
    if let [TokenTree::Group(group)] = &all[..]
        && group.delimiter() == proc_macro2::Delimiter::None
    {
        return unwrap_invisible(group.stream());
    }
    all.drain(..).collect()
}
