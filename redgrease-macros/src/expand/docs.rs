//! Expands doc comments to a constant expression.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, Lit, Meta};

/// The docs of a function, with one line for each comment.
pub(super) fn text(attributes: &[Attribute]) -> TokenStream {
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut written = String::new();
    for doc in attributes.iter().filter_map(value) {
        if !(written.is_empty() && parts.is_empty()) {
            written.push('\n');
        }
        if let Some(line) = literal(doc) {
            // A comment has a space behind its slashes.
            written.push_str(line.strip_prefix(' ').unwrap_or(&line));
        } else {
            // A macro, such as `include_str!`.
            let before = std::mem::take(&mut written);
            parts.push(quote!(#before));
            parts.push(doc.to_token_stream());
        }
    }
    if parts.is_empty() {
        return quote!(#written);
    }
    quote!(::core::concat!(#(#parts,)* #written))
}

/// The text of a doc attribute: the literal, or the tokens of a macro such as `include_str!`.
pub(super) fn line(attribute: &Attribute) -> Option<String> {
    let doc = value(attribute)?;
    Some(literal(doc).unwrap_or_else(|| doc.to_token_stream().to_string()))
}

fn value(attribute: &Attribute) -> Option<&Expr> {
    match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => Some(&doc.value),
        _ => None,
    }
}

fn literal(doc: &Expr) -> Option<String> {
    match doc {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
