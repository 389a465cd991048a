//! Checks the spelling of the types of arguments and results.
//!
//! The compiler checks whether a type converts, through the traits of the conversions. These checks cover
//! mistakes for which the compiler has long messages, several messages, or messages at the wrong place.

use crate::report::Errors;
use quote::ToTokens;
use redgrease_syntax::{Mistake, Refusals};
use syn::{GenericArgument, Lifetime, PathArguments, Type, TypePath};

/// Checks the type of an argument.
pub(super) fn argument(ty: &Type, errors: &mut Errors) -> bool {
    check(ty, errors, |part| match part {
        Type::ImplTrait(_) => Some(Mistake::ArgumentImpl),
        Type::Infer(_) => Some(Mistake::ArgumentInfer),
        Type::Reference(reference) if reference.mutability.is_some() => Some(Mistake::ArgumentMut),
        part => nested_none(part),
    })
}

/// Checks the type of the result.
pub(super) fn result(ty: &Type, errors: &mut Errors) -> bool {
    if let Some(mistake) = each_result(ty) {
        errors.on(ty, mistake);
        return false;
    }
    check(ty, errors, |part| match part {
        Type::Reference(_) => Some(Mistake::ResultReference),
        Type::Path(path) if borrows(path) => Some(Mistake::ResultLifetime),
        Type::ImplTrait(_) => Some(Mistake::ResultImpl),
        Type::Infer(_) => Some(Mistake::ResultInfer),
        Type::Never(_) => Some(Mistake::ResultNever),
        part => nested_none(part),
    })
}

/// Adds the mistakes in a type and in its parts. Returns `false` if there are any.
fn check(ty: &Type, errors: &mut Errors, mistake: impl Fn(&Type) -> Option<Mistake>) -> bool {
    let mut fine = true;
    each(ty, &mut |part| {
        if let Some(mistake) = mistake(part) {
            errors.on(part, mistake);
            fine = false;
        }
    });
    fine
}

/// The mistake in a `Result`, which can be inside of another type.
fn each_result(ty: &Type) -> Option<Mistake> {
    let mut mistake = None;
    each(ty, &mut |part| {
        if mistake.is_none() {
            mistake = of_result(part);
        }
    });
    mistake
}

fn of_result(ty: &Type) -> Option<Mistake> {
    let arguments = types(named(ty, "Result")?);
    let text = |ty: &Type| text_of(ty);
    match arguments[..] {
        [] => None,
        // Another `Result<T>` can be an alias of the user with an error of its own.
        [value] => is_of_library(ty).then(|| Mistake::ResultInResult { value: text(value) }),
        [value, error, ..] if is_failure(error) => Some(Mistake::ResultOfFailure {
            value: text(value),
            error: text(error),
        }),
        [value, error, ..] => [value, error]
            .iter()
            .any(|part| named(part, "Result").is_some())
            .then_some(Mistake::ResultOfResult),
    }
}

/// Whether a path begins with a library whose errors no Python makes.
fn is_of_library(ty: &Type) -> bool {
    const LIBRARIES: [&str; 9] = [
        "std",
        "core",
        "io",
        "fmt",
        "redgrease",
        "redis",
        "serde_json",
        "anyhow",
        "eyre",
    ];
    let Type::Path(path) = plain(ty) else {
        return false;
    };
    let segments = &path.path.segments;
    let first = segments.first().filter(|_| segments.len() > 1);
    first.is_some_and(|first| LIBRARIES.iter().any(|library| first.ident == library))
}

/// Whether a type is the error of a library. A type of the user can be named `Error`, too.
fn is_failure(ty: &Type) -> bool {
    match plain(ty) {
        Type::TraitObject(_) => true,
        Type::Path(_) => {
            let is_boxed = named(ty, "Box")
                .and_then(first_type)
                .is_some_and(is_failure);
            is_boxed || is_of_library(ty) || named(ty, "RedisError").is_some()
        }
        _ => false,
    }
}

/// `T` for a `Result` that is a mistake, and any other type itself.
pub(crate) fn value_of_result(ty: &Type) -> &Type {
    let is_mistaken = of_result(ty).is_some();
    let value = named(ty, "Result").and_then(first_type);
    value.filter(|_| is_mistaken).unwrap_or(ty)
}

/// `T` for `Result<T, E>`, and any other type itself.
fn value_if_ok(ty: &Type) -> &Type {
    named(ty, "Result").and_then(first_type).unwrap_or(ty)
}

/// Whether the caller of a gear with this result receives an `Err`.
pub(super) fn refusals(ty: &Type) -> Refusals {
    let mut refusals = Refusals::NotReceived;
    each(ty, &mut |part| {
        if named(part, "Result").is_some() {
            refusals = Refusals::Received;
        } else if refusals == Refusals::NotReceived && is_foreign(part) {
            refusals = Refusals::Unknown;
        }
    });
    refusals
}

/// Whether a type contains a name, such as that of a generic parameter.
pub(super) fn mentions(ty: &Type, name: &syn::Ident) -> bool {
    let mut found = false;
    each(ty, &mut |part| {
        found |= matches!(part, Type::Path(path) if path.path.is_ident(name));
    });
    found
}

/// Whether the type is `PerShard<..>`.
pub(super) fn is_per_shard(ty: &Type) -> bool {
    named(ty, "PerShard").is_some()
}

/// The mistake in `Option<Option<T>>`, `Option<()>` and `Option<Result<Option<T>, E>>`, because Python has one `None`.
fn nested_none(ty: &Type) -> Option<Mistake> {
    let inner = target(first_type(named(ty, "Option")?)?);
    if is_unit(inner) {
        return Some(Mistake::OptionUnit);
    }
    if named(inner, "Option").is_some() {
        return Some(Mistake::OptionOption);
    }
    let value = target(first_type(named(inner, "Result")?)?);
    if is_unit(value) {
        return Some(Mistake::OptionOk {
            value: "()".to_owned(),
        });
    }
    named(value, "Option").map(|_| Mistake::OptionOk {
        value: "None".to_owned(),
    })
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The type behind references and smart pointers, which convert as their target.
fn target(ty: &Type) -> &Type {
    let ty = plain(ty);
    if let Type::Reference(reference) = ty {
        return target(&reference.elem);
    }
    ["Box", "Rc", "Arc", "Cow"]
        .iter()
        .find_map(|pointer| first_type(named(ty, pointer)?))
        .map_or(ty, target)
}

/// Whether a value of the type can hide a `None` or an `Err` in another one: an alias can stand for an `Option`.
pub(crate) fn may_be_ambiguous(ty: &Type) -> bool {
    let mut may = false;
    each(ty, &mut |part| {
        may |=
            named(part, "Option").is_some() || named(part, "Result").is_some() || is_foreign(part);
    });
    may
}

/// Whether the name of a type can be an alias.
fn is_foreign(ty: &Type) -> bool {
    const OTHERS: &str = "i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool char str String Vec Option Box \
                          Cow HashMap HashSet BTreeMap BTreeSet PerShard Duration SystemTime Json";
    let Type::Path(path) = plain(ty) else {
        return false;
    };
    path.path.segments.last().is_some_and(|last| {
        last.ident != "Result" && !OTHERS.split_whitespace().any(|name| last.ident == name)
    })
}

/// The text of a type of the standard library that no `None` of Python converts to.
pub(super) fn never_none(ty: &Type) -> Option<String> {
    const TYPES: [&str; 22] = [
        "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
        "f32", "f64", "bool", "char", "String", "Vec", "HashMap", "BTreeMap", "HashSet",
        "BTreeSet",
    ];
    let value = value_if_ok(ty);
    TYPES
        .iter()
        .any(|name| named(value, name).is_some())
        .then(|| text_of(ty))
}

/// Whether the type is `Vec<T>`, `Result<Vec<T>, E>` or `PerShard` of these, except for bytes.
pub(super) fn is_vec(ty: &Type) -> bool {
    let ty = value_if_ok(named(ty, "PerShard").and_then(first_type).unwrap_or(ty));
    match named(ty, "Vec").and_then(first_type) {
        // `Vec<u8>` is bytes, which are one value.
        Some(element) => named(element, "u8").is_none(),
        None => false,
    }
}

/// `T` of `Vec<T>`, `&[T]` or `&Vec<T>`.
pub(super) fn element(ty: &Type) -> Option<&Type> {
    match plain(ty) {
        Type::Reference(reference) => match plain(&reference.elem) {
            Type::Slice(slice) => Some(&slice.elem),
            _ => None,
        },
        ty => first_type(named(ty, "Vec")?),
    }
}

/// Whether the type is `name<T>`, such as `KeyRecord<T>`.
pub(super) fn has_parameter(ty: &Type, name: &str) -> bool {
    named(ty, name).and_then(first_type).is_some()
}

/// The path of a type whose last segment is `name`.
pub(super) fn named<'a>(ty: &'a Type, name: &str) -> Option<&'a TypePath> {
    match plain(ty) {
        Type::Path(path) if path.path.segments.last()?.ident == name => Some(path),
        _ => None,
    }
}

pub(super) fn first_type(path: &TypePath) -> Option<&Type> {
    types(path).into_iter().next()
}

/// The types in the angle brackets of a path.
fn types(path: &TypePath) -> Vec<&Type> {
    let segment = path.path.segments.last();
    match segment.map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(list)) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A type as users write it.
fn text_of(ty: &Type) -> String {
    let text = ty.to_token_stream().to_string();
    text.replace(" < ", "<")
        .replace(" > ", "> ")
        .replace(" >", ">")
        .replace(" :: ", "::")
        .replace(" ,", ",")
        .replace("& ", "&")
}

/// Whether the path contains a lifetime other than `'static`.
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

/// The type without parentheses and without the invisible delimiters of a macro variable.
pub(super) fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => plain(&inner.elem),
        Type::Group(inner) => plain(&inner.elem),
        ty => ty,
    }
}

/// Visits a type and its parts.
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
    use redgrease_syntax::Refusals;
    use syn::Type;

    fn mistakes(check: fn(&Type, &mut Errors) -> bool, ty: &str) -> (bool, usize) {
        let mut errors = Errors::default();
        let fine = check(&syn::parse_str(ty).expect(ty), &mut errors);
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
            assert_eq!(mistakes(argument, ty), (true, 0), "{ty}");
        }
        for ty in [
            "impl Into<String>",
            "Vec<impl ToString>",
            "_",
            "HashMap<String, _>",
        ] {
            assert_eq!(mistakes(argument, ty), (false, 1), "{ty}");
        }
        for ty in [
            "&mut str",
            "Option<Option<i64>>",
            "Vec<Option<()>>",
            "Option<std::option::Option<u8>>",
            "Option<&'a Option<u8>>",
        ] {
            assert_eq!(mistakes(argument, ty), (false, 1), "{ty}");
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
            "Result<i64, Refusal>",
            "std::result::Result<Vec<Option<i64>>, cart::Error>",
            "Result<String>",
            "Vec<crate::Result<i64>>",
            "Option<Result<i64, Option<String>>>",
            "PerShard<Result<i64, String>>",
            "Result<(), Error>",
        ] {
            assert_eq!(mistakes(result, ty), (true, 0), "{ty}");
        }
        for ty in [
            "&str",
            "Vec<&'a str>",
            "Cow<'a, str>",
            "impl Sized",
            "_",
            "!",
            "redgrease::Result<String>",
            "io::Result<()>",
            "Vec<anyhow::Result<i64>>",
            "Option<Result<Option<i64>, String>>",
            "Option<Arc<Result<Box<()>, String>>>",
            "Option<Box<Option<i64>>>",
            "Result<i64, redgrease::Error>",
            "PerShard<Result<i64, std::io::Error>>",
            "Result<i64, Box<dyn std::error::Error>>",
            "Result<i64, RedisError>",
            "Result<Result<i64, A>, B>",
            "Result<i64, Result<i64, A>>",
            "Result<_, A>",
        ] {
            assert_eq!(mistakes(result, ty), (false, 1), "{ty}");
        }
        assert_eq!(mistakes(result, "Option<(Option<()>)>"), (false, 2));
        // A type of the user can have the same name.
        assert_eq!(mistakes(result, "search::Result"), (true, 0));
    }

    #[test]
    fn refusals_of_results() {
        let of = |ty: &str| super::refusals(&syn::parse_str(ty).expect(ty));
        for ty in [
            "i64",
            "Vec<(String, Option<u8>)>",
            "()",
            "PerShard<std::string::String>",
            "[i64; 2]",
        ] {
            assert_eq!(of(ty), Refusals::NotReceived, "{ty}");
        }
        for ty in ["Answer<i64>", "Vec<Mine>", "my::Answer", "Option<T>"] {
            assert_eq!(of(ty), Refusals::Unknown, "{ty}");
        }
        for ty in [
            "Result<i64, Mine>",
            "Vec<Result<i64, String>>",
            "(Mine, Result<Mine, ()>)",
            "PerShard<std::result::Result<(), ()>>",
        ] {
            assert_eq!(of(ty), Refusals::Received, "{ty}");
        }
    }

    #[test]
    fn per_shard_in_every_spelling() {
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
