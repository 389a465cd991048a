//! Expands `#[gear_test]`.

use super::krate::Krate;
use crate::parse::{Test, TestCluster};
use crate::report::Errors;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Type};

/// A test function. It starts a server or a cluster and makes the arguments of the user's function from it.
pub(crate) fn test(test: &Test, errors: &Errors) -> TokenStream {
    let name = &test.signature.ident;
    let plain = name.to_string();
    let (import, krate) = &Krate::of(test.krate.as_ref()).imported(&plain, &TokenStream::new());
    // The attributes are about the test: `#[ignore]`, `#[should_panic]`, `#[cfg]`.
    let attributes = &test.attributes;
    let visibility = &test.visibility;
    let (signature, body) = (&test.signature, &test.body);
    let is_async = signature.asyncness.is_some();
    let server = Ident::new("server", Span::mixed_site());
    let mut lets = TokenStream::new();
    let mut arguments: Vec<TokenStream> = Vec::new();
    for (i, input) in signature.inputs.iter().enumerate() {
        let FnArg::Typed(typed) = input else { continue };
        let variable = format_ident!("argument{i}", span = Span::mixed_site());
        let (made, passed, mutable) = match &*typed.ty {
            Type::Reference(reference) if reference.mutability.is_some() => {
                (&reference.elem, quote!(&mut #variable), quote!(mut))
            }
            Type::Reference(reference) => (&reference.elem, quote!(&#variable), TokenStream::new()),
            _ => (&typed.ty, quote!(#variable), TokenStream::new()),
        };
        let from = argument(made, &server, test, krate);
        lets.extend(quote!(let #mutable #variable = #from;));
        arguments.push(passed);
    }
    let started = started(test, &plain, krate);
    let call = quote!(#name(#(#arguments),*));
    let run = if is_async {
        quote! {
            #krate::__rt::test::block_on(async {
                #lets
                #krate::__rt::test::Outcome::check(#call.await);
            });
        }
    } else {
        quote! {
            #lets
            #krate::__rt::test::Outcome::check(#call);
        }
    };
    quote! {
        #errors
        #(#attributes)*
        #[::core::prelude::v1::test]
        #visibility fn #name() {
            #import
            #signature #body

            let #server = #started;
            #run
        }
    }
}

/// An expression that starts the server or the cluster, with the gears of the test.
fn started(test: &Test, plain: &str, krate: &Krate) -> TokenStream {
    let gears = test
        .gears
        .as_ref()
        .map(|gears| quote!(&[#(<#gears>::GEAR),*]));
    let gears = super::spec::optional(gears.as_ref());
    let name = quote!(::core::concat!(::core::module_path!(), "::", #plain));
    match test.cluster {
        None => {
            let on_one = needs_one_server(test);
            quote!(#krate::__rt::test::server(#name, #gears, #on_one))
        }
        Some(TestCluster { shards, replicas }) => {
            quote!(#krate::__rt::test::cluster(#name, #gears, #shards, #replicas))
        }
    }
}

/// Whether the test can run on one server only: it takes a `Server`, or a connection that does not know clusters.
fn needs_one_server(test: &Test) -> bool {
    let types = test
        .signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(typed) => match &*typed.ty {
                Type::Reference(reference) => Some(&*reference.elem),
                ty => Some(ty),
            },
            FnArg::Receiver(_) => None,
        });
    types.into_iter().any(|ty| match ty {
        Type::Path(path) => path.path.segments.last().is_none_or(|last| {
            let knows = ["Con", "AsyncCon", "Pool", "BlockingPool"];
            !knows.iter().any(|name| last.ident == name)
        }),
        _ => true,
    })
}

/// An expression that makes one argument from the server or the cluster.
fn argument(ty: &Type, server: &Ident, test: &Test, krate: &Krate) -> TokenStream {
    // The compiler reports a type that does not fit for the type and for the call. It shows one of two equal reports, so
    // both have the same place, which the tokens of a path do not have: an alias takes the place of the path.
    let place = match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map_or(ty.span(), |last| last.ident.span()),
        _ => ty.span(),
    };
    let krate = krate.at(place);
    let alias = Ident::new("RedgreaseArgument", place);
    let made = match (&test.cluster, &test.signature.asyncness) {
        (None, None) => quote_spanned! {
            place=> <#alias as #krate::__rt::test::FromServer>::from_server(&#server)
        },
        (None, Some(_)) => quote_spanned! {
            place=> <#alias as #krate::__rt::test::FromServerAsync>::from_server(&#server).await
        },
        (Some(_), None) => quote_spanned! {
            place=> <#alias as #krate::__rt::test::FromCluster>::from_cluster(&#server)
        },
        (Some(_), Some(_)) => quote_spanned! {
            place=> <#alias as #krate::__rt::test::FromClusterAsync>::from_cluster(&#server).await
        },
    };
    quote! {
        {
            type #alias = #ty;
            match #made {
                ::core::result::Result::Ok(made) => made,
                ::core::result::Result::Err(error) => ::core::panic!("{error}"),
            }
        }
    }
}
