//! Expands `#[derive(GearValue)]`.

use super::krate::Krate;
use crate::parse;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use redgrease_syntax::Mistake;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, DeriveInput, GenericParam, Ident, Meta, Token, Type, TypeParamBound, WherePredicate,
};

pub(crate) fn gear_value(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let krate = match krate(&input.attrs) {
        Ok(krate) => krate,
        Err(error) => return error.to_compile_error(),
    };
    let mut generics = input.generics.clone();
    // The implementations write their own `where` clause, so the bounds move to the parameters.
    let clause = generics.where_clause.take();
    for predicate in clause.into_iter().flat_map(|clause| clause.predicates) {
        if let Err(error) = move_to_parameter(&mut generics.params, predicate) {
            return error.to_compile_error();
        }
    }
    for parameter in &mut generics.params {
        match parameter {
            GenericParam::Type(parameter) => {
                parameter.default = None;
            }
            GenericParam::Const(parameter) => {
                parameter.default = None;
            }
            GenericParam::Lifetime(_) => {}
        }
    }
    let name = &input.ident;
    let parameters = &generics.params;
    let (_, arguments, _) = generics.split_for_impl();
    let (import, krate) = krate.imported("value", &TokenStream::new());
    let implementations = quote!(#krate::__gear_value! { [#parameters] #name #arguments });
    match import {
        Some(import) => quote!(const _: () = { #import #implementations };),
        None => implementations,
    }
}

/// The crate that `#[gear_value(crate = path)]` names, or the one of every macro.
fn krate(attributes: &[Attribute]) -> syn::Result<Krate> {
    let mut given = None;
    for attribute in attributes {
        if !attribute.path().is_ident("gear_value") {
            continue;
        }
        if given.is_some() {
            let mistake = Mistake::KeyTwice {
                name: "crate".to_owned(),
            };
            return Err(syn::Error::new_spanned(attribute, mistake));
        }
        let keys = match &attribute.meta {
            Meta::List(list) => list.tokens.clone(),
            _ => TokenStream::new(),
        };
        given = parse::crate_key(keys);
        if given.is_none() {
            let mistake = Mistake::WrongValue {
                name: "gear_value".to_owned(),
                example: "`#[gear_value(crate = my_library::redgrease)]`".to_owned(),
            };
            return Err(syn::Error::new_spanned(attribute, mistake));
        }
    }
    Ok(Krate::of(given.as_ref()))
}

/// Moves `where T: Bound` to the parameter list, as `T: Bound`.
fn move_to_parameter(
    parameters: &mut Punctuated<GenericParam, Token![,]>,
    predicate: WherePredicate,
) -> syn::Result<()> {
    let place = predicate.to_token_stream();
    if let WherePredicate::Type(bound) = predicate
        && let Type::Path(path) = &bound.bounded_ty
        && let Some(name) = path.path.get_ident()
        && bound.lifetimes.is_none()
        && let Some(bounds) = bounds_of(parameters, name)
    {
        bounds.extend(bound.bounds);
        return Ok(());
    }
    Err(syn::Error::new_spanned(place, Mistake::DeriveBound))
}

fn bounds_of<'a>(
    parameters: &'a mut Punctuated<GenericParam, Token![,]>,
    name: &Ident,
) -> Option<&'a mut Punctuated<TypeParamBound, Token![+]>> {
    parameters.iter_mut().find_map(|parameter| match parameter {
        GenericParam::Type(parameter) if parameter.ident == *name => Some(&mut parameter.bounds),
        _ => None,
    })
}
