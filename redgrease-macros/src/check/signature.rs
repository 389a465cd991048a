//! Checks the qualifiers of a function and the names of its arguments.

use super::{Feature, connection, types};
use crate::parse::Kind;
use crate::report::Errors;
use proc_macro2::Ident;
use quote::ToTokens;
use redgrease_syntax::{Mistake, is_identifier};
use syn::ext::IdentExt;
use syn::{
    Attribute, FnArg, GenericParam, Generics, Meta, Pat, PatType, ReturnType, Safety, Signature,
    Type, TypeParam, WherePredicate,
};

/// The signature of a gear.
pub(crate) struct Header<'a> {
    pub(crate) name: &'a Ident,
    /// The name without `r#`, which is the name of the Python function.
    pub(crate) python_name: String,
    pub(crate) is_async: bool,
    /// Only lifetimes.
    pub(crate) generics: &'a Generics,
    pub(crate) arguments: Vec<Argument<'a>>,
    /// `None` if the function has no `-> ..`.
    pub(crate) result: Option<&'a Type>,
}

pub(crate) struct Argument<'a> {
    pub(crate) name: &'a Ident,
    /// The name without `r#`, which is the name of the Python parameter.
    pub(crate) python_name: String,
    pub(crate) ty: &'a Type,
    /// The type of one value, for an argument with `#[rest]`.
    pub(crate) rest: Option<&'a Type>,
}

/// Checks a signature. `None` if no gear can have it.
pub(super) fn header<'a>(
    kind: Kind,
    called: bool,
    signature: &'a Signature,
    errors: &mut Errors,
) -> Option<Header<'a>> {
    let qualifiers = qualifiers(signature, errors);
    let generics = generics(signature, errors);
    let arguments = match kind {
        Kind::Command => arguments(kind, signature, errors),
        Kind::Keys | Kind::Stream => record(kind, signature, errors),
        Kind::Every | Kind::Function => no_arguments(kind, signature, errors),
    };
    let result = result(kind, signature, errors);
    let is_async = signature.asyncness.is_some();
    if is_async && !called {
        let what = kind.not_called();
        errors.on(&signature.asyncness, Mistake::NothingToCall { what });
    }
    let can_be_called = !(is_async && called) || Feature::Aio.is_enabled();
    if !can_be_called {
        let mistake = Feature::Aio.missing("an `async fn` with a gear");
        errors.on(&signature.asyncness, mistake);
    }
    let python_name = python_name(&signature.ident, "a gear", errors);
    if !(qualifiers && generics && can_be_called) {
        return None;
    }
    Some(Header {
        name: &signature.ident,
        python_name: python_name?,
        is_async: is_async && called,
        generics: &signature.generics,
        arguments: arguments?,
        result: result?,
    })
}

fn qualifiers(signature: &Signature, errors: &mut Errors) -> bool {
    let mut fine = true;
    let mut refuse = |token: &dyn ToTokens, mistake: Mistake| {
        errors.on(&token.to_token_stream(), mistake);
        fine = false;
    };
    if let Some(token) = &signature.constness {
        refuse(token, Mistake::Const);
    }
    match &signature.safety {
        Safety::Unsafe(token) => refuse(token, Mistake::Unsafe),
        // The compiler refuses `safe` outside of `extern` blocks.
        Safety::Safe(_) | Safety::Default => {}
    }
    if let Some(abi) = &signature.abi {
        refuse(abi, Mistake::Abi);
    }
    if let Some(variadic) = &signature.variadic {
        refuse(variadic, Mistake::Variadic);
    }
    fine
}

fn generics(signature: &Signature, errors: &mut Errors) -> bool {
    let generics = &signature.generics;
    let mut fine = true;
    // The error is that of the argument.
    let connections = connection_parameters(signature);
    for parameter in &generics.params {
        let mistake = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(one) if connections.contains(&&one.ident) => continue,
            GenericParam::Type(_) => Mistake::GenericType,
            GenericParam::Const(_) => Mistake::GenericNumber,
        };
        errors.on(parameter, mistake);
        fine = false;
    }
    if let Some(clause) = &generics.where_clause
        && connections.is_empty()
    {
        errors.on(clause, Mistake::WhereClause);
        fine = false;
    }
    fine
}

/// The generic parameters that stand for a connection, as in `fn f<C: ConnectionLike>(con: &mut C)`.
fn connection_parameters(signature: &Signature) -> Vec<&Ident> {
    let generics = &signature.generics;
    let clause = generics.where_clause.iter();
    let is_connection = |parameter: &TypeParam| {
        let in_clause = clause
            .clone()
            .flat_map(|clause| &clause.predicates)
            .any(|predicate| match predicate {
                WherePredicate::Type(one) => {
                    types::mentions(&one.bounded_ty, &parameter.ident)
                        && one.bounds.iter().any(connection::is_connection_bound)
                }
                _ => false,
            });
        in_clause || parameter.bounds.iter().any(connection::is_connection_bound)
    };
    let is_argument = |parameter: &TypeParam| {
        signature.inputs.iter().any(|input| match input {
            FnArg::Typed(typed) => types::mentions(&typed.ty, &parameter.ident),
            FnArg::Receiver(_) => false,
        })
    };
    generics
        .type_params()
        .filter(|one| is_connection(one) && is_argument(one))
        .map(|one| &one.ident)
        .collect()
}

/// Checks the result. `None` if a gear of this kind cannot have it.
#[expect(clippy::option_option, reason = "a gear can have no result")]
fn result<'a>(
    kind: Kind,
    signature: &'a Signature,
    errors: &mut Errors,
) -> Option<Option<&'a Type>> {
    let ReturnType::Type(_, result) = &signature.output else {
        return Some(None);
    };
    if kind == Kind::Command {
        return types::result(result, errors).then_some(Some(&**result));
    }
    let unit = matches!(&**result, Type::Tuple(tuple) if tuple.elems.is_empty());
    if !unit {
        let attribute = kind.attribute().to_owned();
        errors.on(&signature.output, Mistake::NoResult { attribute });
    }
    Some(None)
}

/// The mistake of an argument that is a connection.
fn connection(kind: Kind, function: &Ident, name: &Pat) -> Mistake {
    Mistake::ArgumentConnection {
        name: name.to_token_stream().to_string(),
        hint: match kind {
            Kind::Command => format!(
                "and pass a connection in front of the other arguments of a call, `{function}(&mut con, ..)`"
            ),
            _ => "and call commands with `cmd`".to_owned(),
        },
    }
}

/// The arguments. `None` if one is `self` or a connection.
fn typed<'a>(
    kind: Kind,
    signature: &'a Signature,
    errors: &mut Errors,
) -> Option<Vec<&'a PatType>> {
    let mut fine = true;
    let mut all = Vec::new();
    let generic = connection_parameters(signature);
    let is_connection = |ty: &Type| {
        connection::is_connection(ty) || generic.iter().any(|name| types::mentions(ty, name))
    };
    for input in &signature.inputs {
        match input {
            FnArg::Typed(typed) if is_connection(&typed.ty) => {
                errors.on(typed, connection(kind, &signature.ident, &typed.pat));
                fine = false;
            }
            FnArg::Typed(typed) => all.push(typed),
            FnArg::Receiver(receiver) => {
                errors.on(receiver, Mistake::Receiver);
                fine = false;
            }
        }
    }
    fine.then_some(all)
}

/// Checks the arguments of a command. `None` if no gear can have them.
fn arguments<'a>(
    kind: Kind,
    signature: &'a Signature,
    errors: &mut Errors,
) -> Option<Vec<Argument<'a>>> {
    let typed = typed(kind, signature, errors);
    let mut fine = typed.is_some();
    let typed = typed.unwrap_or_default();
    let mut arguments: Vec<Argument<'a>> = Vec::new();
    for (position, typed) in typed.iter().enumerate() {
        let rest = rest(typed, position + 1 == signature.inputs.len(), errors);
        fine &= types::argument(&typed.ty, errors);
        let argument = argument(typed, errors);
        let taken = argument.as_ref().is_some_and(|new| {
            arguments
                .iter()
                .any(|before| before.python_name == new.python_name)
        });
        if taken {
            errors.on(&typed.pat, Mistake::SameName);
        }
        fine &= argument.is_some() && !taken;
        arguments.extend(argument.map(|argument| Argument { rest, ..argument }));
    }
    fine.then_some(arguments)
}

/// The type of one value, for an argument with a correct `#[rest]`.
fn rest<'a>(typed: &'a PatType, last: bool, errors: &mut Errors) -> Option<&'a Type> {
    let mut found = None;
    for attribute in &typed.attrs {
        if !attribute.path().is_ident("rest") {
            errors.on(attribute, Mistake::ArgumentAttribute);
        } else if !matches!(attribute.meta, Meta::Path(_)) {
            errors.on(attribute, Mistake::RestWithValue);
        } else if !last {
            errors.on(attribute, Mistake::RestNotLast);
        } else {
            found = types::element(&typed.ty);
            if found.is_none() {
                errors.on(&typed.ty, Mistake::RestNotList);
            }
        }
    }
    found
}

/// Checks the argument of an event handler, the record.
fn record<'a>(
    kind: Kind,
    signature: &'a Signature,
    errors: &mut Errors,
) -> Option<Vec<Argument<'a>>> {
    let typed = typed(kind, signature, errors)?;
    let [one] = typed[..] else {
        let mistake = Mistake::EventArgument {
            attribute: kind.attribute().to_owned(),
            example: match kind {
                Kind::Keys => "record: KeyRecord".to_owned(),
                _ => "record: StreamRecord".to_owned(),
            },
        };
        match typed.len() {
            0 => errors.on(&signature.ident, mistake),
            _ => errors.on(&signature.inputs, mistake),
        }
        return None;
    };
    let attributes: &[Attribute] = &one.attrs;
    for attribute in attributes {
        let handler = kind.attribute().to_owned();
        errors.on(attribute, Mistake::EventAttribute { attribute: handler });
    }
    if let Type::Reference(reference) = &*one.ty {
        let ty = reference
            .elem
            .to_token_stream()
            .to_string()
            .replace(' ', "");
        errors.on(&one.ty, Mistake::EventReference { ty });
        return None;
    }
    Some(vec![argument(one, errors)?])
}

/// Checks that there are no arguments.
fn no_arguments<'a>(
    kind: Kind,
    signature: &'a Signature,
    errors: &mut Errors,
) -> Option<Vec<Argument<'a>>> {
    let typed = typed(kind, signature, errors)?;
    if !typed.is_empty() {
        errors.on(&signature.inputs, Mistake::EveryArgument);
        return None;
    }
    Some(Vec::new())
}

fn argument<'a>(typed: &'a PatType, errors: &mut Errors) -> Option<Argument<'a>> {
    let mistake = match &*typed.pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
            if let Some(token) = &name.mutability {
                errors.on(token, Mistake::MutArgument);
            }
            let python_name = python_name(&name.ident, "an argument", errors)?;
            return Some(Argument {
                name: &name.ident,
                python_name,
                ty: &typed.ty,
                rest: None,
            });
        }
        Pat::Wild(_) => Mistake::NamelessArgument,
        _ => Mistake::PatternArgument,
    };
    errors.on(&typed.pat, mistake);
    None
}

/// The name in Python, which is the same name. `None` if Python reserves it.
fn python_name(name: &Ident, what: &str, errors: &mut Errors) -> Option<String> {
    let plain = name.unraw().to_string();
    if is_identifier(&plain) {
        return Some(plain);
    }
    errors.at(
        name.span(),
        Mistake::PythonKeyword {
            name: plain,
            what: what.to_owned(),
        },
    );
    None
}
