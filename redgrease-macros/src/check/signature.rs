//! What kind of function it is, and the names of its arguments.

use super::types;
use crate::report::Errors;
use proc_macro2::Ident;
use quote::ToTokens;
use redgrease_syntax::is_identifier;
use syn::ext::IdentExt;
use syn::{FnArg, GenericParam, Generics, Pat, PatType, ReturnType, Safety, Signature, Type};

/// The signature of a gear.
pub(crate) struct Header<'a> {
    pub(crate) name: &'a Ident,
    /// The name without `r#`: that of the Python function.
    pub(crate) python_name: String,
    pub(crate) is_async: bool,
    /// Lifetimes only.
    pub(crate) generics: &'a Generics,
    pub(crate) arguments: Vec<Argument<'a>>,
    /// `None` for `()` that is not written.
    pub(crate) result: Option<&'a Type>,
}

pub(crate) struct Argument<'a> {
    pub(crate) name: &'a Ident,
    /// The name without `r#`: that of the Python parameter.
    pub(crate) python_name: String,
    pub(crate) ty: &'a Type,
}

/// `None` if no gear can be made of it.
pub(super) fn header<'a>(signature: &'a Signature, errors: &mut Errors) -> Option<Header<'a>> {
    let kind = kind(signature, errors);
    let generics = generics(&signature.generics, errors);
    let arguments = arguments(signature, errors);
    let result = match &signature.output {
        ReturnType::Default => Some(None),
        ReturnType::Type(_, result) => types::result(result, errors).then_some(Some(&**result)),
    };
    let python_name = python_name(&signature.ident, "gear", errors);
    if !(kind && generics) {
        return None;
    }
    Some(Header {
        name: &signature.ident,
        python_name: python_name?,
        is_async: signature.asyncness.is_some(),
        generics: &signature.generics,
        arguments: arguments?,
        result: result?,
    })
}

fn kind(signature: &Signature, errors: &mut Errors) -> bool {
    let mut fine = true;
    let mut refuse = |token: &dyn ToTokens, message: &str| {
        errors.on(&token.to_token_stream(), message);
        fine = false;
    };
    if let Some(token) = &signature.constness {
        refuse(
            token,
            "a gear runs on the server and cannot be `const`: remove it",
        );
    }
    match &signature.safety {
        Safety::Safe(token) => refuse(token, "a gear is always safe to call: remove `safe`"),
        Safety::Unsafe(token) => refuse(token, "a gear is safe to call: remove `unsafe`"),
        Safety::Default => {}
    }
    if let Some(abi) = &signature.abi {
        refuse(abi, "a gear has no ABI of its own: remove it");
    }
    if let Some(variadic) = &signature.variadic {
        refuse(
            variadic,
            "a gear has a fixed number of arguments: take a `Vec<T>` instead",
        );
    }
    fine
}

fn generics(generics: &Generics, errors: &mut Errors) -> bool {
    let mut fine = true;
    for parameter in &generics.params {
        let message = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(_) => {
                "a gear is one function on the server and cannot be generic: name the type"
            }
            GenericParam::Const(_) => {
                "a gear is one function on the server and cannot be generic: name the number"
            }
        };
        errors.on(parameter, message);
        fine = false;
    }
    if let Some(clause) = &generics.where_clause {
        errors.on(
            clause,
            "a gear has no generic types to say something about: remove the clause",
        );
        fine = false;
    }
    fine
}

/// `None` if an argument is such that no gear can be made with it.
fn arguments<'a>(signature: &'a Signature, errors: &mut Errors) -> Option<Vec<Argument<'a>>> {
    let mut fine = true;
    let mut arguments: Vec<Argument<'a>> = Vec::new();
    for input in &signature.inputs {
        let typed = match input {
            FnArg::Typed(typed) => typed,
            FnArg::Receiver(receiver) => {
                errors.on(
                    receiver,
                    "a gear has no `self`, its code runs elsewhere: make it a free function and \
                     pass what it needs",
                );
                fine = false;
                continue;
            }
        };
        for attribute in &typed.attrs {
            errors.on(
                attribute,
                "an argument of a gear has no attributes: remove it",
            );
            fine = false;
        }
        fine &= types::argument(&typed.ty, errors);
        let argument = argument(typed, errors);
        let taken = argument.as_ref().is_some_and(|new| {
            arguments
                .iter()
                .any(|before| before.python_name == new.python_name)
        });
        if taken {
            errors.on(
                &typed.pat,
                "two arguments of a gear have this name: rename one of them",
            );
        }
        fine &= argument.is_some() && !taken;
        arguments.extend(argument);
    }
    fine.then_some(arguments)
}

fn argument<'a>(typed: &'a PatType, errors: &mut Errors) -> Option<Argument<'a>> {
    let message = match &*typed.pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
            if let Some(token) = &name.mutability {
                errors.on(
                    token,
                    "an argument of a gear is not changed in Rust: remove `mut`, Python can \
                     assign to it anyway",
                );
            }
            let python_name = python_name(&name.ident, "argument", errors)?;
            return Some(Argument {
                name: &name.ident,
                python_name,
                ty: &typed.ty,
            });
        }
        Pat::Wild(_) => "an argument of a gear is passed to Python by its name: give it one",
        _ => "an argument of a gear is a plain name: take patterns apart in Python",
    };
    errors.on(&typed.pat, message);
    None
}

/// The name in Python: the same, if it can be.
fn python_name(name: &Ident, what: &str, errors: &mut Errors) -> Option<String> {
    let plain = name.unraw().to_string();
    if is_identifier(&plain) {
        return Some(plain);
    }
    errors.at(
        name.span(),
        format!(
            "`{plain}` has a meaning of its own in Python and cannot name {} {what}: \
             call it `{plain}_`, for example",
            if what == "argument" { "an" } else { "a" },
        ),
    );
    None
}
