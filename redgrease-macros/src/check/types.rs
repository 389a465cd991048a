//! Types of arguments and results, as far as their spelling tells.
//!
//! Whether a type converts is for the compiler to say, through the traits of the conversions. Here
//! is what it would say badly: long messages, or several, or none at the right place.

use crate::report::Errors;
use quote::ToTokens;
use syn::{GenericArgument, Lifetime, PathArguments, Type, TypePath};

/// Judges the type of an argument.
pub(super) fn argument(ty: &Type, errors: &mut Errors) -> bool {
    judge(ty, errors, |part| match part {
        Type::ImplTrait(_) => Some("an argument of a gear has one type: name it instead of `impl`"),
        Type::Infer(_) => Some("an argument of a gear has a type that is written out: name it"),
        Type::Reference(reference) if reference.mutability.is_some() => Some(
            "a gear receives a copy and cannot change an argument: remove `mut`, and return what \
             is new",
        ),
        part => nested_none(part),
    })
}

/// Judges the type of the result.
pub(super) fn result(ty: &Type, errors: &mut Errors) -> bool {
    if let Some(value) = named(ty, "Result").and_then(first_type) {
        let value = value.to_token_stream();
        errors.on(
            ty,
            format!(
                "a gear names only the value it returns, here `-> {value}`: the generated function \
                 puts it into `redgrease::Result` itself"
            ),
        );
        return false;
    }
    judge(ty, errors, |part| match part {
        Type::Reference(_) => Some(
            "the result of a gear comes from another process and cannot be borrowed: return an \
             owned type, `String` for `&str` or `Vec<T>` for `&[T]`",
        ),
        Type::Path(path) if borrows(path) => Some(
            "the result of a gear comes from another process and cannot be borrowed: return an \
             owned type",
        ),
        Type::ImplTrait(_) => Some("the result of a gear has one type: name it instead of `impl`"),
        Type::Infer(_) => Some("the result of a gear has a type that is written out: name it"),
        Type::Never(_) => Some("a gear answers in the end: remove `-> !` if there is no value"),
        part => nested_none(part),
    })
}

/// Shows the complaints about a type and the types it consists of. `false` if there are any.
fn judge(
    ty: &Type,
    errors: &mut Errors,
    complaint: impl Fn(&Type) -> Option<&'static str>,
) -> bool {
    let mut fine = true;
    each(ty, &mut |part| {
        if let Some(message) = complaint(part) {
            errors.on(part, message);
            fine = false;
        }
    });
    fine
}

/// `T` of a `Result<T, ..>`, and any other type itself.
pub(crate) fn value_of_result(ty: &Type) -> &Type {
    named(ty, "Result").and_then(first_type).unwrap_or(ty)
}

/// Whether the type is `PerShard<..>`.
pub(super) fn is_per_shard(ty: &Type) -> bool {
    named(ty, "PerShard").is_some()
}

/// `Option<Option<T>>` and `Option<()>`: Python has one `None`.
fn nested_none(ty: &Type) -> Option<&'static str> {
    let inner = plain(first_type(named(ty, "Option")?)?);
    if matches!(inner, Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return Some("Python has one `None`, which is both `Some(())` and `None` here: use `bool`");
    }
    named(inner, "Option")
        .map(|_| "Python has one `None` and cannot tell `Some(None)` from `None`: use one `Option`")
}

/// The path of a type whose last segment is `name`, however it is qualified.
fn named<'a>(ty: &'a Type, name: &str) -> Option<&'a TypePath> {
    match plain(ty) {
        Type::Path(path) if path.path.segments.last()?.ident == name => Some(path),
        _ => None,
    }
}

fn first_type(path: &TypePath) -> Option<&Type> {
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(list) => {
            list.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Whether a lifetime other than `'static` stands in the path.
fn borrows(path: &TypePath) -> bool {
    let borrowed = |lifetime: &Lifetime| lifetime.ident != "static";
    path.path
        .segments
        .iter()
        .any(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(list) => list
                .args
                .iter()
                .any(|argument| matches!(argument, GenericArgument::Lifetime(l) if borrowed(l))),
            _ => false,
        })
}

/// Without parentheses, and without the invisible ones of a macro variable.
fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => plain(&inner.elem),
        Type::Group(inner) => plain(&inner.elem),
        ty => ty,
    }
}

/// Visits a type and the types it consists of.
fn each<'a>(ty: &'a Type, visit: &mut impl FnMut(&'a Type)) {
    let ty = plain(ty);
    visit(ty);
    match ty {
        Type::Array(array) => each(&array.elem, visit),
        Type::Slice(slice) => each(&slice.elem, visit),
        Type::Reference(reference) => each(&reference.elem, visit),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|part| each(part, visit)),
        Type::Path(path) => {
            for segment in &path.path.segments {
                if let PathArguments::AngleBracketed(list) = &segment.arguments {
                    for argument in &list.args {
                        if let GenericArgument::Type(part) = argument {
                            each(part, visit);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{argument, is_per_shard, result};
    use crate::report::Errors;
    use quote::ToTokens;
    use syn::Type;

    fn complaints(judge: fn(&Type, &mut Errors) -> bool, ty: &str) -> (bool, usize) {
        let mut errors = Errors::default();
        let fine = judge(&syn::parse_str(ty).expect(ty), &mut errors);
        (
            fine,
            errors
                .to_token_stream()
                .to_string()
                .matches("compile_error")
                .count(),
        )
    }

    #[test]
    fn arguments() {
        for ty in [
            "&str",
            "&'a [u8]",
            "Vec<Option<i64>>",
            "Cow<'_, str>",
            "(i64, [u8; 4])",
            "my::Type",
            "[Option<&str>; 2]",
        ] {
            assert_eq!(complaints(argument, ty), (true, 0), "{ty}");
        }
        for ty in [
            "impl Into<String>",
            "Vec<impl ToString>",
            "_",
            "HashMap<String, _>",
        ] {
            assert_eq!(complaints(argument, ty), (false, 1), "{ty}");
        }
        for ty in [
            "&mut str",
            "Option<Option<i64>>",
            "Vec<Option<()>>",
            "Option<std::option::Option<u8>>",
        ] {
            assert_eq!(complaints(argument, ty), (false, 1), "{ty}");
        }
    }

    #[test]
    fn results() {
        for ty in [
            "()",
            "String",
            "Vec<(i64, Option<String>)>",
            "PerShard<i64>",
            "Cow<'static, str>",
        ] {
            assert_eq!(complaints(result, ty), (true, 0), "{ty}");
        }
        for ty in [
            "&str",
            "Vec<&'a str>",
            "Cow<'a, str>",
            "impl Sized",
            "_",
            "!",
            "Result<String>",
            "io::Result<()>",
        ] {
            assert_eq!(complaints(result, ty), (false, 1), "{ty}");
        }
        assert_eq!(complaints(result, "Option<(Option<()>)>"), (false, 2));
        // A type of the user's own may be called like that.
        assert_eq!(complaints(result, "search::Result"), (true, 0));
    }

    #[test]
    fn per_shard_however_it_is_written() {
        for ty in [
            "PerShard<i64>",
            "redgrease::PerShard<i64>",
            "(PerShard<i64>)",
        ] {
            assert!(is_per_shard(&syn::parse_str(ty).expect(ty)), "{ty}");
        }
        assert!(!is_per_shard(
            &syn::parse_str("Vec<PerShard<i64>>").expect("a type")
        ));
    }
}
