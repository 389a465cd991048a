//! Expands functions for steps.

use super::krate::Krate;
use super::spec::line;
use crate::check::Callback;
use crate::report::Errors;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// An expression with the text and its captured values.
pub(crate) fn callback(callback: Option<&Callback<'_>>, errors: &Errors) -> TokenStream {
    let (import, krate) = &Krate::without_key().imported("python", &TokenStream::new());
    if errors.count() == 1 {
        // A single error is an expression of any type, and also an item.
        return errors.to_token_stream();
    }
    let ty = callback.and_then(|callback| callback.arity).map_or_else(
        || quote!(#krate::AnyCallback),
        |arity| quote!(#krate::Callback::<#arity>),
    );
    let source = callback.map_or("", |callback| callback.source);
    let file = callback.map_or("", |callback| callback.file);
    let line = line(callback.map_or(1, |callback| callback.line));
    let captures: Vec<TokenStream> = callback
        .iter()
        .flat_map(|callback| &callback.captures)
        .map(|name| capture(name, krate))
        .collect();
    let callback = quote!(#ty::new(#source, #file, #line, ::std::vec![#(#captures),*]));
    if errors.count() == 0 && import.is_none() {
        callback
    } else {
        quote!({ #errors #import #callback })
    }
}

/// The value of a Rust variable as Python.
fn capture(name: &Ident, krate: &Krate) -> TokenStream {
    let krate = krate.at(name.span());
    let python = format!("_{name}");
    let value = quote_spanned!(name.span()=> #krate::py_literal(&#name));
    quote!((#python, #value))
}
