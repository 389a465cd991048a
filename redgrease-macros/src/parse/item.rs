//! The function below the attribute.

use super::unwrap_invisible;
use crate::report::Errors;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Visibility};

pub(super) struct Function {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) signature: Signature,
    /// `None` for a function without a body, which has been complained about.
    pub(super) body: Option<Group>,
}

/// Reads a function, without looking into its body. Gives back what is not a function.
pub(super) fn function(item: TokenStream, errors: &mut Errors) -> Result<Function, TokenStream> {
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
                "`#[gear_command]` goes on a function: write `fn name(..) -> T { python! { .. } }`",
            );
            return Err(item);
        }
    };
    let (again, attributes): (Vec<Attribute>, Vec<Attribute>) =
        attributes.into_iter().partition(is_gear_command);
    for attribute in again {
        errors.on(
            &attribute,
            "a function is one gear: remove one of the `#[gear_command]`",
        );
    }
    let body = match last {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Some(group),
        other => {
            errors.on(
                &other,
                "this gear has no body: write `{ python! { .. } }` instead of the semicolon",
            );
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

/// Another attribute like the one being expanded. It has to go, or it would see the expansion.
fn is_gear_command(attribute: &Attribute) -> bool {
    attribute
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "gear_command")
}

/// Whether there is a `fn`, leaving out what is inside of brackets.
fn has_function(tokens: &[TokenTree]) -> bool {
    tokens
        .iter()
        .any(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))
}
