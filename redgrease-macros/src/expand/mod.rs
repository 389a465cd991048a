//! From a checked gear to tokens. Cannot fail.
//!
//! An expansion names nothing but absolute paths, so that it compiles wherever it stands, and keeps
//! the spans of what it repeats, so that the compiler points at what the user wrote.
//!
//! | module | what it writes |
//! |---|---|
//! | `function` | the function users call |
//! | `handle` | the enum beside it: description, calls, answers |
//! | `spec` | the description as a constant |
//! | `kind` | its part about commands, events and timers |
//! | `docs` | its part about doc comments |
//! | `shared` | its part about Python that is shared; `python_module!` |
//! | `rust_function` | `#[gear]` |
//! | `callback` | `python!` as an expression |
//! | `test` | `#[gear_test]` |
//! | `fallback` | what takes the place of a function that cannot be a gear |
//! | `value` | `#[derive(GearValue)]` |

mod callback;
mod docs;
mod fallback;
mod function;
mod handle;
mod kind;
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

use crate::check::{Argument, Gear};
use crate::parse::PythonText;
use crate::report::Errors;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use redgrease_syntax::Mistake;
use syn::Attribute;

/// Everything a gear consists of, and what was wrong with it.
pub(crate) fn gear(gear: &Gear<'_>, errors: &Errors) -> TokenStream {
    let cfgs = cfgs(gear.attributes);
    let function = gear.role.is_called().then(|| function::function(gear));
    let handle = handle::handle(gear, &cfgs);
    let name = handle_name(gear);
    let watched = watched(gear.python.text);
    let assertions = shared::assertions(gear);
    let unseen = gear.python.unseen.then(|| {
        let message = Mistake::Unseen.to_string();
        // Editors set this; in a build nothing may be left out silently.
        quote! {
            #[cfg(not(rust_analyzer))]
            ::core::compile_error! { #message }
        }
    });
    quote! {
        #errors
        #unseen
        #function
        #handle
        #cfgs
        const _: () = {
            #watched
            #assertions
            ::redgrease::__rt::inventory::submit! { ::redgrease::Entry(#name::GEAR) }
        };
    }
}

/// Makes cargo build again when the file of a text changes.
fn watched(text: Option<&PythonText>) -> Option<TokenStream> {
    let path = text?.watched.as_deref()?;
    Some(quote!(
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
    ))
}

/// `gears![a, b]`: a list of descriptions.
pub(crate) fn list(paths: &[syn::Path], errors: &Errors) -> TokenStream {
    quote! {{
        #errors
        const GEARS: &[&::redgrease::Gear] = &[#(<#paths>::GEAR),*];
        GEARS
    }}
}

/// The name of the enum.
fn handle_name<'a>(gear: &'a Gear<'_>) -> &'a Ident {
    gear.options.handle.unwrap_or(gear.header.name)
}

/// The type of the result.
fn result(gear: &Gear<'_>) -> TokenStream {
    gear.header
        .result
        .map_or_else(|| quote!(()), ToTokens::to_token_stream)
}

/// The arguments as they stand in a parameter list.
fn parameters(arguments: &[Argument<'_>]) -> TokenStream {
    let names = arguments.iter().map(|argument| argument.name);
    let types = arguments.iter().map(|argument| argument.ty);
    quote!(#(#names: #types),*)
}

/// The attributes that decide whether the function exists, which hold for everything beside it.
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

/// Whether a `cfg(..)` is among the attributes of a `cfg_attr`.
fn mentions_cfg(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "cfg",
        TokenTree::Group(group) => mentions_cfg(group.stream()),
        _ => false,
    })
}
