//! Expands a checked gear to tokens. Cannot fail.
//!
//! An expansion contains only absolute paths, so that it compiles in every module. It keeps the spans of the
//! user's tokens, so that the compiler points at the user's code.
//!
//! | module | writes |
//! |---|---|
//! | `function` | the function that users call |
//! | `handle` | the enum beside the function: description, calls, answers |
//! | `spec` | the description as a constant |
//! | `kind` | the part of the description about commands, events and timers |
//! | `program` | the part of the description about the crate of the gear |
//! | `docs` | the part of the description about doc comments |
//! | `krate` | the path of the crate `redgrease` |
//! | `shared` | the part of the description about shared Python; `python_module!` |
//! | `refusals` | the assertions that the caller receives each `Err` |
//! | `rust_function` | `#[gear]` |
//! | `callback` | `python!` as an expression |
//! | `test` | `#[gear_test]` |
//! | `fallback` | the replacement for a function that cannot be a gear |
//! | `value` | `#[derive(GearValue)]` |

mod callback;
mod docs;
mod fallback;
mod function;
mod handle;
mod kind;
mod krate;
mod program;
mod refusals;
mod rust_function;
mod shared;
mod spec;
mod test;
mod value;

pub(crate) use callback::callback;
pub(crate) use fallback::{as_it_was, fallback};
pub(crate) use rust_function::rust_function;
pub(crate) use shared::shared_modules;
pub(crate) use test::test;
pub(crate) use value::gear_value;

use krate::Krate;

use crate::check::{Argument, Gear};
use crate::parse::PythonText;
use crate::report::Errors;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use redgrease_syntax::Mistake;
use syn::{Attribute, Generics};

/// All items of a gear, with the errors about it.
pub(crate) fn gear(gear: &Gear<'_>, errors: &Errors) -> TokenStream {
    let cfgs = cfgs(gear.attributes);
    let (import, krate) = &Krate::of(gear.options.krate).imported(&gear.header.python_name, &cfgs);
    let function = gear
        .role
        .is_called()
        .then(|| function::function(gear, krate));
    let handle = handle::handle(gear, &cfgs, krate);
    let name = handle_name(gear);
    let watched = watched(gear.python.text);
    let mut assertions = shared::assertions(gear, krate);
    assertions.extend(refusals::assertions(gear, krate));
    let beside = (watched.is_some() || !assertions.is_empty()).then(|| {
        quote! {
            #cfgs
            const _: () = {
                #watched
                #assertions
            };
        }
    });
    let unseen = gear.python.unseen.then(|| {
        let message = Mistake::Unseen.to_string();
        // rust-analyzer sets this. In a build, a gear without its Python is an error.
        quote! {
            #[cfg(not(rust_analyzer))]
            ::core::compile_error! { #message }
        }
    });
    quote! {
        #errors
        #unseen
        #import
        #function
        #handle
        #beside
        #cfgs
        #krate::__rt::inventory::submit! { #krate::Entry(#name::GEAR) }
    }
}

/// A constant that makes cargo build again when the file of a text changes.
fn watched(text: Option<&PythonText>) -> Option<TokenStream> {
    let path = text?.watched.as_deref()?;
    Some(quote!(
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
    ))
}

/// `gears![a, b]`: a list of descriptions.
pub(crate) fn list(paths: &[syn::Path], errors: &Errors) -> TokenStream {
    let (import, krate) = Krate::without_key().imported("gears", &TokenStream::new());
    quote! {{
        #errors
        #import
        const GEARS: &[&#krate::Gear] = &[#(<#paths>::GEAR),*];
        GEARS
    }}
}

/// The name of the enum beside the function.
fn handle_name<'a>(gear: &'a Gear<'_>) -> &'a Ident {
    gear.options.handle.unwrap_or(gear.header.name)
}

/// The type of the result.
fn result(gear: &Gear<'_>) -> TokenStream {
    gear.header
        .result
        .map_or_else(|| quote!(()), ToTokens::to_token_stream)
}

/// The angle brackets of a function, also without a parameter: the compiler would advise one for a type that it does not
/// know, and then report the type of the constants apart from that of the function.
fn angle_brackets(generics: &Generics) -> TokenStream {
    if generics.params.is_empty() {
        quote!(<>)
    } else {
        generics.to_token_stream()
    }
}

/// The arguments as a parameter list.
fn parameters(arguments: &[Argument<'_>]) -> TokenStream {
    let names = arguments.iter().map(|argument| argument.name);
    let types = arguments.iter().map(|argument| argument.ty);
    quote!(#(#names: #types),*)
}

/// The attributes that decide whether the function exists. The other items of the gear get them as well.
fn cfgs(attributes: &[Attribute]) -> TokenStream {
    attributes
        .iter()
        .filter(|attribute| {
            attribute.path().is_ident("cfg")
                || (attribute.path().is_ident("cfg_attr")
                    && mentions_cfg(attribute.to_token_stream()))
        })
        .map(ToTokens::to_token_stream)
        .collect()
}

/// Whether a `cfg_attr` contains a `cfg(..)`.
fn mentions_cfg(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "cfg",
        TokenTree::Group(group) => mentions_cfg(group.stream()),
        _ => false,
    })
}
