//! `#[gear]`: the function as it was, and beside it what is registered.

use super::spec::{line, location};
use crate::check::Function;
use crate::report::Errors;
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

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
    let python_name = name.unraw().to_string();
    let span = name.span().unwrap();
    let (file, at) = (span.file(), line(span.line()));
    let location = location(name.span());
    let doc_text = super::docs::text(attributes);
    let call = if function.fallible {
        quote!(|| #name())
    } else {
        quote!(|| ::core::result::Result::Ok(#name()))
    };
    let doc = format!("The gear function [`{name}`](fn@{name}), as it is registered.");
    quote! {
        #errors

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
            /// What is registered on the server.
            #visibility const GEAR: &'static ::redgrease::Gear = {
                static GEAR: ::redgrease::Gear = ::redgrease::Gear::new(
                    #python_name,
                    ::redgrease::GearSpec {
                        package: ::core::env!("CARGO_PKG_NAME"),
                        krate: ::core::env!("CARGO_CRATE_NAME"),
                        bin: ::core::option_env!("CARGO_BIN_NAME"),
                        version: ::core::env!("CARGO_PKG_VERSION"),
                        kind: ::redgrease::GearKind::Function(#call),
                        args: &[],
                        ret: ::redgrease::Codec::Unit,
                        source: "",
                        form: ::redgrease::SourceForm::Body,
                        source_file: #file,
                        source_line: #at,
                        coroutine: false,
                        names: &[],
                        requirements: &[],
                        description: ::core::option::Option::None,
                        python: (3, 9),
                        location: #location,
                        doc: #doc_text,
                        path: ::core::concat!(::core::module_path!(), "::", #python_name),
                        rest: false,
                        count_calls: false,
                        replace: ::core::option::Option::None,
                        module: ::core::option::Option::None,
                        on_registered: ::core::option::Option::None,
                    },
                );
                &GEAR
            };
        }

        #cfgs
        const _: () = {
            ::redgrease::__rt::inventory::submit! { ::redgrease::Entry(#handle::GEAR) }
        };
    }
}
