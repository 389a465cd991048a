//! Reads the input of `python_module! { name { .. } }`.

use super::{Block, block, unwrap_invisible};
use crate::report::Errors;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use redgrease_syntax::Mistake;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Visibility};

/// A shared module as the user wrote it.
pub(crate) struct SharedPython {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    pub(crate) block: Option<Block>,
}

/// Reads one or more `name { .. }`, each with optional attributes and visibility.
pub(crate) fn python_module(tokens: TokenStream, errors: &mut Errors) -> Vec<SharedPython> {
    let mut modules = Vec::new();
    let mut head: Vec<TokenTree> = Vec::new();
    for token in unwrap_invisible(tokens) {
        match token {
            // A group that does not belong to an attribute or to `pub(..)` is the block.
            TokenTree::Group(group) if !continues_head(&head) => {
                modules.extend(module(std::mem::take(&mut head), &group, errors));
            }
            token => head.push(token),
        }
    }
    match (head.first(), head.last()) {
        (Some(first), Some(last)) => {
            errors.between(first.span(), last.span(), Mistake::ModuleShape);
        }
        _ if modules.is_empty() && errors.count() == 0 => {
            errors.at(proc_macro2::Span::call_site(), Mistake::ModuleShape);
        }
        _ => {}
    }
    modules
}

fn continues_head(head: &[TokenTree]) -> bool {
    match head.last() {
        Some(TokenTree::Punct(hash)) => hash.as_char() == '#',
        Some(TokenTree::Ident(word)) => word == "pub",
        _ => false,
    }
}

fn module(head: Vec<TokenTree>, group: &Group, errors: &mut Errors) -> Option<SharedPython> {
    let read = |input: ParseStream<'_>| {
        Ok((
            input.call(Attribute::parse_outer)?,
            input.parse::<Visibility>()?,
            input.parse::<Ident>()?,
        ))
    };
    let last = head.last().map(TokenTree::span);
    let Ok((attributes, visibility, name)) = read.parse2(head.into_iter().collect()) else {
        errors.at(last.unwrap_or_else(|| group.span()), Mistake::ModuleShape);
        return None;
    };
    Some(SharedPython {
        attributes,
        visibility,
        name,
        block: block::shared(group, errors),
    })
}
