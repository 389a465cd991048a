//! Expands the replacement for a function that cannot be a gear, beside the errors about it.

use super::krate::Krate;
use super::spec::{self, with_static_lifetimes};
use crate::check::{Feature, is_connection, value_of_result};
use crate::parse::{Input, Kind};
use crate::report::Errors;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{FnArg, Pat, ReturnType, Type};

/// The unchanged item beside the errors about it.
pub(crate) fn as_it_was(item: &TokenStream, errors: &Errors) -> TokenStream {
    quote!(#errors #item)
}

/// A function with the name and the arguments of the gear, and an enum with its description. Code that uses the
/// gear then compiles.
pub(crate) fn fallback(input: &Input, errors: &Errors) -> TokenStream {
    let signature = &input.signature;
    if signature.receiver().is_some() {
        return method(input, errors);
    }
    let visibility = &input.visibility;
    let name = &signature.ident;
    let handle = input.keys.handle.as_ref().unwrap_or(name);
    let generics = super::angle_brackets(&signature.generics);
    let where_clause = &signature.generics.where_clause;
    let con = Ident::new("con", Span::mixed_site());
    if input.kind == Kind::Function {
        return rust_function(input, errors);
    }
    let cfgs = super::cfgs(&input.attributes);
    let krate = Krate::of(input.keys.krate.as_ref());
    let (import, krate) = &krate.imported(&name.unraw().to_string(), &cfgs);
    if input.kind != Kind::Command || input.keys.hook.is_some() {
        let handle = handle_alone(input, errors, krate);
        return quote!(#import #handle);
    }
    let asyncness = &signature.asyncness;
    let connection = match (asyncness.is_some(), Feature::Aio.is_enabled()) {
        (false, _) => quote!(#krate::Connection),
        (true, true) => quote!(#krate::AsyncConnection),
        // The trait does not exist.
        (true, false) => quote!(::core::marker::Send),
    };
    let arguments = arguments(input);
    let spec = description(input, krate);
    let (result, mentioned) = result(&signature.output);
    quote! {
        #errors
        #import
        #cfgs
        #[allow(warnings, clippy::all)]
        #visibility #asyncness fn #name #generics (
            #con: &mut (impl #connection + ?::core::marker::Sized),
            #arguments
        ) -> #krate::Result<#result>
        #where_clause
        {
            ::core::unimplemented!()
        }
        #cfgs
        #[allow(warnings, clippy::all)]
        #visibility enum #handle {}
        #cfgs
        #[allow(warnings, clippy::all)]
        impl #handle {
            #visibility const GEAR: &'static #krate::Gear = #spec;
            #visibility fn call #generics (#arguments) -> #krate::Call<#result>
            #where_clause
            {
                ::core::unimplemented!()
            }
        }
        #cfgs
        const _: () = { #mentioned };
    }
}

/// The enum of a gear that Rust does not call.
fn handle_alone(input: &Input, errors: &Errors, krate: &Krate) -> TokenStream {
    let visibility = &input.visibility;
    let handle = input.keys.handle.as_ref().unwrap_or(&input.signature.ident);
    let cfgs = super::cfgs(&input.attributes);
    let spec = description(input, krate);
    let types = input.signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) if is_written_out(&typed.ty) => {
            let lasting = with_static_lifetimes(typed.ty.to_token_stream());
            Some(quote!(const _: ::core::option::Option<#lasting> = ::core::option::Option::None;))
        }
        _ => None,
    });
    quote! {
        #errors
        #cfgs
        #[allow(warnings, clippy::all)]
        #visibility enum #handle {}
        #cfgs
        #[allow(warnings, clippy::all)]
        impl #handle {
            #visibility const GEAR: &'static #krate::Gear = #spec;
        }
        #cfgs
        const _: () = { #(#types)* };
    }
}

/// A description that is never used, because the crate does not compile.
fn description(input: &Input, krate: &Krate) -> TokenStream {
    let kind = quote!(#krate::GearKind::Command {
        trigger: "",
        mode: #krate::Mode::Sync,
        in_order: false,
        hook: ::core::option::Option::None,
    });
    spec::blank(&input.signature.ident, &[], &kind, krate)
}

/// The unchanged function of `#[gear]`.
fn rust_function(input: &Input, errors: &Errors) -> TokenStream {
    let (attributes, visibility, signature) =
        (&input.attributes, &input.visibility, &input.signature);
    let body = input.body.as_ref().map_or_else(
        || quote!({ ::core::unimplemented!() }),
        ToTokens::to_token_stream,
    );
    quote!(#errors #(#attributes)* #visibility #signature #body)
}

/// The arguments without connections. A type that no function can have becomes `()`.
fn arguments(input: &Input) -> TokenStream {
    let arguments =
        input
            .signature
            .inputs
            .iter()
            .enumerate()
            .filter_map(|(i, input)| match input {
                FnArg::Typed(argument) if is_connection(&argument.ty) => None,
                FnArg::Typed(argument) => {
                    let name = match &*argument.pat {
                        Pat::Ident(name) => name.ident.clone(),
                        _ => Ident::new("argument", Span::call_site()),
                    };
                    // The number keeps two arguments with the same name apart.
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
    quote!(#(#arguments),*)
}

/// The type of the result, or `()` for a type that no function can have. In that case the second part uses the
/// type of the user, so that its imports do not count as unused.
fn result(output: &ReturnType) -> (TokenStream, TokenStream) {
    let ReturnType::Type(_, written) = output else {
        return (quote!(()), TokenStream::new());
    };
    let value = value_of_result(written);
    let tokens = value.to_token_stream();
    if !is_written_out(value) || matches!(value, Type::Never(_)) {
        (quote!(()), TokenStream::new())
    } else if is_owned(&tokens) {
        (tokens, TokenStream::new())
    } else {
        let lasting = with_static_lifetimes(tokens);
        (
            quote!(()),
            quote!(const _: ::core::option::Option<#lasting> = ::core::option::Option::None;),
        )
    }
}

/// A function with `self`. It is in an `impl`, which can contain only functions, so the errors are in its body.
fn method(input: &Input, errors: &Errors) -> TokenStream {
    let visibility = &input.visibility;
    let signature = &input.signature;
    let cfgs = super::cfgs(&input.attributes);
    quote! {
        #cfgs
        #[allow(warnings, clippy::all)]
        #visibility #signature {
            #errors
            ::core::unimplemented!()
        }
    }
}

/// Whether a type can be in any signature: it contains neither `_` nor `impl`.
fn is_written_out(ty: &Type) -> bool {
    fn placeholder(token: &str) -> bool {
        token == "_" || token == "impl"
    }
    !ty.to_token_stream()
        .to_string()
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\''))
        .any(placeholder)
}

/// Whether a type borrows nothing.
fn is_owned(ty: &TokenStream) -> bool {
    !ty.to_string().contains(['&', '\''])
}
