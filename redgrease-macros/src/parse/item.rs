//! Reads the function below an attribute.

use super::{Kind, unwrap_invisible};
use crate::report::Errors;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use redgrease_syntax::Mistake;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Visibility};

pub(super) struct Function {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) signature: Signature,
    /// `None` for a function without a body. An error about that has been added.
    pub(super) body: Option<Group>,
}

/// Reads a function without its body. Returns the item if it is not a function.
pub(super) fn function(
    kind: Kind,
    item: TokenStream,
    errors: &mut Errors,
) -> Result<Function, TokenStream> {
    let mut tokens: Vec<TokenTree> = unwrap_invisible(item.clone()).into_iter().collect();
    let last = tokens.pop();
    let head = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_outer)?;
        Ok((
            attributes,
            input.parse::<Visibility>()?,
            input.parse::<Signature>()?,
        ))
    };
    let (attributes, visibility, signature) = match head.parse2(tokens.iter().cloned().collect()) {
        Ok(parsed) => parsed,
        Err(error) if has_function(&tokens) => {
            errors.syn(&error);
            return Err(item);
        }
        Err(_) => {
            let what = tokens.iter().chain(&last).cloned().collect::<TokenStream>();
            errors.on(
                &what,
                Mistake::NotAFunction {
                    attribute: kind.attribute().to_owned(),
                    body: kind.example().to_owned(),
                },
            );
            return Err(item);
        }
    };
    let (again, attributes): (Vec<Attribute>, Vec<Attribute>) =
        attributes.into_iter().partition(is_gear);
    for attribute in again {
        let name = kind.attribute().to_owned();
        errors.on(&attribute, Mistake::TwoGears { attribute: name });
    }
    let body = match last {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Some(group),
        other => {
            errors.on(&other, Mistake::NoBody);
            None
        }
    };
    Ok(Function {
        attributes,
        visibility,
        signature,
        body,
    })
}

/// Whether an attribute makes a gear. A second one is removed, because it would be called with the expansion.
fn is_gear(attribute: &Attribute) -> bool {
    Kind::of(attribute.path()).is_some()
}

/// Whether the tokens outside of brackets contain `fn`.
fn has_function(tokens: &[TokenTree]) -> bool {
    tokens
        .iter()
        .any(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))
}
