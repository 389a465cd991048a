//! `#[gear]`: the unchanged function, and beside it an enum with the description.

use super::krate::Krate;
use super::spec;
use crate::check::Function;
use crate::report::Errors;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ReturnType;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

pub(crate) fn rust_function(function: &Function<'_>, errors: &Errors) -> TokenStream {
    let input = function.input;
    let (attributes, visibility, signature, body) = (
        &input.attributes,
        &input.visibility,
        &input.signature,
        &input.body,
    );
    let cfgs = super::cfgs(attributes);
    let name = &signature.ident;
    let handle = input.keys.handle.as_ref().unwrap_or(name);
    let ReturnType::Type(_, result) = &signature.output else {
        return super::as_it_was(
            &quote!(#(#attributes)* #visibility #signature #body),
            errors,
        );
    };
    let krate = Krate::of(input.keys.krate.as_ref());
    let (import, krate) = &krate.imported(&name.unraw().to_string(), &cfgs);
    let here = krate.at(result.span());
    let registration = quote_spanned! {result.span()=>
        <#result as #here::IntoRegistration>::into_registration(#name())
    };
    let kind = quote!(#krate::GearKind::Function(|| #registration));
    let spec = spec::blank(name, attributes, &kind, krate);
    let doc = format!("The gear function [`{name}`](fn@{name}), as it is registered.");
    quote! {
        #errors
        #import

        #(#attributes)*
        #visibility #signature #body

        #cfgs
        #[doc = #doc]
        #[allow(
            dead_code,
            missing_copy_implementations,
            missing_debug_implementations,
            non_camel_case_types
        )]
        #visibility enum #handle {}

        #cfgs
        #[allow(dead_code, clippy::all, clippy::pedantic, clippy::nursery)]
        impl #handle {
            /// The description of the gear, which is registered on the server.
            #visibility const GEAR: &'static #krate::Gear = #spec;
        }

        #cfgs
        #krate::__rt::inventory::submit! { #krate::Entry(#handle::GEAR) }
    }
}
