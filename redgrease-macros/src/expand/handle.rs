//! Expands the enum beside the function: the description of the gear and its other calls.
//!
//! It is an enum and not a module, because a module in a function body cannot see the types of that body. It has
//! no values, so its name is only in the type namespace.

use super::krate::Krate;
use super::{angle_brackets, handle_name, parameters, result, spec};
use crate::check::{Argument, Gear};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn handle(gear: &Gear<'_>, cfgs: &TokenStream, krate: &Krate) -> TokenStream {
    let visibility = gear.visibility;
    let handle = handle_name(gear);
    let spec = spec::spec(gear, krate);
    let doc = format!(
        "The gear behind [`{0}`](fn@{0}): its description, and calls to send later, with a time \
         limit, by key or together with others.",
        gear.header.name
    );
    // A gear that Rust does not call has no function. The enum then has the attributes and docs of the function.
    let (attributes, calls) = if gear.role.is_called() {
        (quote!(#cfgs #[doc = #doc]), calls(gear, krate))
    } else {
        let attributes = gear.attributes;
        (quote!(#(#attributes)*), TokenStream::new())
    };
    quote! {
        #attributes
        #[allow(
            dead_code,
            missing_copy_implementations,
            missing_debug_implementations,
            non_camel_case_types
        )]
        #visibility enum #handle {}

        #cfgs
        #[allow(
            dead_code,
            unused_variables,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
        impl #handle {
            /// The description of the gear, which is registered on the server.
            #visibility const GEAR: &'static #krate::Gear = #spec;

            #calls
        }
    }
}

/// The associated functions of a gear that Rust calls.
///
/// `#[inline]` leaves unused functions out of a crate, which makes many gears faster to compile.
fn calls(gear: &Gear<'_>, krate: &Krate) -> TokenStream {
    let visibility = gear.visibility;
    let generics = angle_brackets(gear.header.generics);
    let result = result(gear);
    let parameters = parameters(&gear.header.arguments);
    let names: Vec<&Ident> = gear
        .header
        .arguments
        .iter()
        .map(|argument| argument.name)
        .collect();
    let here = krate.at(result.span());
    let decode = quote_spanned!(result.span()=> <#result as #here::GearReply>::from_reply);
    let call = call(gear, &decode, krate);
    quote! {
        #[doc = "A call that is not sent yet."]
        #[inline]
        #visibility fn call #generics (#parameters) -> #krate::Call<#result> {
            #call
        }

        #[doc = "The command of a call.\n\n# Errors\n\nWhen an argument does not convert."]
        #[inline]
        #visibility fn request #generics (
            #parameters
        ) -> #krate::Result<#krate::__rt::redis::Cmd> {
            Self::call(#(#names),*).to_cmd()
        }

        #[doc = "The result in an answer to [`request`](Self::request).\n\n# Errors\n\n\
                 When the answer is an error, or does not convert to the type of the result."]
        #[inline]
        #visibility fn decode(
            answer: #krate::__rt::redis::Value,
        ) -> #krate::Result<#result> {
            #krate::__rt::decode(answer, Self::GEAR, #decode)
        }
    }
}

/// The call. Its arguments are trait objects and no closure, because a closure would be compiled for each gear.
fn call(gear: &Gear<'_>, decode: &TokenStream, krate: &Krate) -> TokenStream {
    let all = &gear.header.arguments;
    if all.iter().all(|argument| argument.rest.is_none()) {
        let values = all.iter().map(|argument| {
            let (name, ty) = (argument.name, argument.ty);
            let krate = krate.at(ty.span());
            quote_spanned!(ty.span()=> <#ty as #krate::GearArg>::as_argument(&#name))
        });
        return quote!(#krate::Call::with(Self::GEAR, &[#(#values),*], #decode));
    }
    let arguments = Ident::new("arguments", Span::mixed_site());
    let encode = all
        .iter()
        .map(|argument| encode(argument, &arguments, krate));
    quote! {
        #krate::Call::of(
            Self::GEAR,
            |#arguments| {
                #(#encode)*
                ::core::result::Result::Ok(())
            },
            #decode,
        )
    }
}

/// Encodes one argument of the Rust function. With `#[rest]`, each value is an argument of the call.
fn encode(argument: &Argument<'_>, arguments: &Ident, krate: &Krate) -> TokenStream {
    let (name, ty) = (argument.name, argument.ty);
    match argument.rest {
        None => {
            let krate = krate.at(ty.span());
            quote_spanned!(ty.span()=> <#ty as #krate::GearArg>::encode(&#name, #arguments.arg())?;)
        }
        Some(one) => {
            let krate = krate.at(one.span());
            let encode = quote_spanned!(one.span()=> <#one as #krate::GearArg>::encode(value, #arguments.arg())?;);
            quote! {
                for value in #name.iter() {
                    #encode
                }
            }
        }
    }
}
