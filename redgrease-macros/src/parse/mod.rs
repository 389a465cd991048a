//! From tokens to a model of what the user wrote. Complains only about what cannot be read.

mod attribute;
mod block;
mod item;

pub(crate) use attribute::{Keys, Mode, Text};
pub(crate) use block::{Block, PythonText};

use crate::report::Errors;
use proc_macro2::TokenStream;
use syn::{Attribute, Signature, Visibility};

/// A gear as the user wrote it.
pub(crate) struct Input {
    pub(crate) keys: Keys,
    /// Attributes of the function, doc comments among them.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// The Python, unless the body is something else.
    pub(crate) block: Option<Block>,
}

/// Reads `#[gear_command(attribute)] item`. Gives the item back if it is not a function.
pub(crate) fn command(
    attribute: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Result<Input, TokenStream> {
    let keys = attribute::keys(attribute, errors);
    let item = item::function(item, errors)?;
    let block = item.body.and_then(|body| block::find(&body, errors));
    Ok(Input {
        keys,
        attributes: item.attributes,
        visibility: item.visibility,
        signature: item.signature,
        block,
    })
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
