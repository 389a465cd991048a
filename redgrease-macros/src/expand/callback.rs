//! Expands functions for steps.

use super::spec::line;
use crate::check::Callback;
use crate::report::Errors;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// An expression with the text and its captured values.
pub(crate) fn callback(callback: Option<&Callback<'_>>, errors: &Errors) -> TokenStream {
    if errors.count() == 1 {
        // A single error is an expression of any type, and also an item.
        return errors.to_token_stream();
    }
    let ty = callback.and_then(|callback| callback.arity).map_or_else(
        || quote!(::redgrease::AnyCallback),
        |arity| quote!(::redgrease::Callback::<#arity>),
    );
    let source = callback.map_or("", |callback| callback.source);
    let file = callback.map_or("", |callback| callback.file);
    let line = line(callback.map_or(1, |callback| callback.line));
    let captures: Vec<TokenStream> = callback
        .iter()
        .flat_map(|callback| &callback.captures)
        .map(|name| capture(name))
        .collect();
    let callback = quote!(#ty::new(#source, #file, #line, ::std::vec![#(#captures),*]));
    if errors.count() == 0 {
        callback
    } else {
        quote!({ #errors #callback })
    }
}

/// The value of a Rust variable as Python.
fn capture(name: &Ident) -> TokenStream {
    let python = format!("_{name}");
    let value = quote_spanned!(name.span()=> ::redgrease::py_literal(&#name));
    quote!((#python, #value))
}
