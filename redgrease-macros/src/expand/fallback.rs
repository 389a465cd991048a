//! What takes the place of something that cannot be a gear, next to the errors that say why.

use crate::parse::Input;
use crate::report::Errors;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{FnArg, Pat, ReturnType, Type};

/// The item, untouched, next to the errors about it.
pub(crate) fn as_it_was(item: TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_token_stream();
    quote!(#errors #item)
}

/// A function of the same name that takes what the gear would have taken, so that the places that
/// call it are not wrong as well.
pub(crate) fn fallback(input: &Input, errors: Errors) -> TokenStream {
    let signature = &input.signature;
    if signature.receiver().is_some() {
        return method(input, errors);
    }
    let visibility = &input.visibility;
    let name = &signature.ident;
    let (generics, _, where_clause) = signature.generics.split_for_impl();
    let con = Ident::new("con", Span::mixed_site());
    let asyncness = &signature.asyncness;
    let connection = if asyncness.is_some() {
        quote!(::redgrease::AsyncConnection)
    } else {
        quote!(::redgrease::Connection)
    };
    let arguments = signature
        .inputs
        .iter()
        .enumerate()
        .filter_map(|(i, input)| match input {
            FnArg::Typed(argument) => {
                let name = match &*argument.pat {
                    Pat::Ident(name) => name.ident.clone(),
                    _ => format_ident!("argument_{i}"),
                };
                // Distinct, even if two have the same name.
                let name = format_ident!("{name}_{i}", span = name.span());
                let ty = if is_written_out(&argument.ty) {
                    argument.ty.to_token_stream()
                } else {
                    quote!(())
                };
                Some(quote!(#name: #ty))
            }
            FnArg::Receiver(_) => None,
        });
    let result = match &signature.output {
        ReturnType::Type(_, ty) if is_owned(ty) => ty.to_token_stream(),
        _ => quote!(()),
    };
    quote! {
        #errors
        #[allow(warnings, clippy::all)]
        #visibility #asyncness fn #name #generics (
            #con: &mut (impl #connection + ?::core::marker::Sized),
            #(#arguments),*
        ) -> ::redgrease::Result<#result>
        #where_clause
        {
            ::core::unimplemented!()
        }
    }
}

/// A function with `self` stands inside of an `impl`, where nothing but functions can be.
fn method(input: &Input, errors: Errors) -> TokenStream {
    let visibility = &input.visibility;
    let signature = &input.signature;
    quote! {
        #[allow(warnings, clippy::all)]
        #visibility #signature {
            #errors
            ::core::unimplemented!()
        }
    }
}

/// Whether a type can stand in a signature at all.
fn is_written_out(ty: &Type) -> bool {
    let text = ty.to_token_stream().to_string();
    !text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| word == "_")
}

/// Whether a type can be the result of a function, whatever that function takes.
fn is_owned(ty: &Type) -> bool {
    let text = ty.to_token_stream().to_string();
    is_written_out(ty) && !text.contains(['&', '\'', '!']) && !text.contains("impl ")
}

/// `python!` where no gear is.
pub(crate) fn misplaced_python() -> TokenStream {
    let message = "`python!` is the body of a gear and nothing by itself: write \
                   `#[gear_command] fn name(..) -> T { python! { .. } }`";
    quote!(::core::compile_error! { #message })
}
