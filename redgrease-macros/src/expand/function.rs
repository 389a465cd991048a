//! Expands the function that users call.

use super::krate::Krate;
use super::{angle_brackets, docs, handle_name, parameters, result};
use crate::check::Gear;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Attribute;

pub(super) fn function(gear: &Gear<'_>, krate: &Krate) -> TokenStream {
    let attributes = gear.attributes;
    let errors_section = errors_section(attributes);
    let visibility = gear.visibility;
    let name = gear.header.name;
    let generics = angle_brackets(gear.header.generics);
    let parameters = parameters(&gear.header.arguments);
    let names = gear.header.arguments.iter().map(|argument| argument.name);
    let result = result(gear);
    let handle = handle_name(gear);
    // Shown as `con` in docs, without a collision with an argument `con`.
    let con = Ident::new("con", Span::mixed_site());
    let call = quote!(#handle::call(#(#names),*));
    let output = quote!(#krate::Result<#result>);
    let (asyncness, connection, output, body) = if !gear.header.is_async {
        (
            None,
            quote!(#krate::Connection),
            output,
            quote!(#krate::Call::on(#call, #con)),
        )
    } else if attributes.iter().all(is_inert) {
        (
            None,
            quote!(#krate::AsyncConnection),
            quote!(impl ::core::future::Future<Output = #output>),
            quote!(#krate::Call::on_async(#call, #con)),
        )
    } else {
        (
            Some(quote!(async)),
            quote!(#krate::AsyncConnection),
            output,
            quote!(#krate::Call::on_async(#call, #con).await),
        )
    };
    quote! {
        #(#attributes)*
        #errors_section
        #[allow(
            dead_code, // other clients can call the gear
            clippy::double_must_use,
            clippy::too_many_arguments,
            clippy::used_underscore_binding
        )]
        #visibility #asyncness fn #name #generics (
            #con: &mut (impl #connection + ?::core::marker::Sized),
            #parameters
        ) -> #output {
            #body
        }
    }
}

/// Whether an attribute leaves the function as it is. An `async fn` whose attributes do is a function that returns the
/// future of the call: a second future around it would double the time that the gear takes to compile. A macro such as
/// `#[tracing::instrument]` has to see the `async fn`.
fn is_inert(attribute: &Attribute) -> bool {
    const INERT: &[&str] = &[
        "allow",
        "cfg",
        "deprecated",
        "deny",
        "doc",
        "expect",
        "forbid",
        "must_use",
        "warn",
    ];
    INERT.iter().any(|name| attribute.path().is_ident(name))
}

/// The docs section `# Errors`. `None` if the function has no docs, or has the section.
fn errors_section(attributes: &[Attribute]) -> Option<TokenStream> {
    let docs: Vec<String> = attributes.iter().filter_map(docs::line).collect();
    if docs.is_empty() || docs.iter().any(|doc| doc.trim() == "# Errors") {
        return None;
    }
    let section = "\n# Errors\n\nWhen the Python code raises an exception, when a value does not \
                   convert, or when the server cannot be reached.";
    Some(quote!(#[doc = #section]))
}
