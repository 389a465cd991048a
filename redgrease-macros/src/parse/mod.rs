//! From tokens to a model of what the user wrote. Complains only about what cannot be read.
//!
//! | module | what it reads |
//! |---|---|
//! | `kind` | which attribute it is |
//! | `attribute` | its keys |
//! | `item` | the function below it |
//! | `block` | the Python |
//! | `list` | what is in `gears!` |
//! | `module` | what is in `python_module!` |
//! | `test` | what `#[gear_test]` stands on |

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
pub(crate) use test::{Test, test};

use crate::report::Errors;
use proc_macro2::{Group, TokenStream};
use syn::{Attribute, Signature, Visibility};

/// A gear as the user wrote it.
pub(crate) struct Input {
    pub(crate) kind: Kind,
    pub(crate) keys: Keys,
    /// Attributes of the function, doc comments among them.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// The Python, unless the body is something else.
    pub(crate) block: Option<Block>,
    /// The body as it was written, for a function that is Rust.
    pub(crate) body: Option<Group>,
}

/// Reads `#[kind(attribute)] item`. Gives the item back if it is not a function.
pub(crate) fn gear(
    kind: Kind,
    attribute: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Result<Input, TokenStream> {
    let keys = attribute::keys(kind, attribute, errors);
    let item = item::function(kind, item, errors)?;
    let block = match (kind, &item.body) {
        (Kind::Function, _) | (_, None) => None,
        (_, Some(body)) => block::find(body, errors),
    };
    Ok(Input {
        kind,
        keys,
        attributes: item.attributes,
        visibility: item.visibility,
        signature: item.signature,
        block,
        body: item.body,
    })
}

/// Reads a function for a step.
pub(crate) fn callback(tokens: &TokenStream, errors: &mut Errors) -> Option<Block> {
    block::callback(tokens, errors)
}

/// Takes away the invisible delimiters that a `macro_rules` variable puts around its value.
fn unwrap_invisible(tokens: TokenStream) -> TokenStream {
    let mut all: Vec<proc_macro2::TokenTree> = tokens.into_iter().collect();
    if let [proc_macro2::TokenTree::Group(group)] = &all[..]
        && group.delimiter() == proc_macro2::Delimiter::None
    {
        return unwrap_invisible(group.stream());
    }
    all.drain(..).collect()
}
