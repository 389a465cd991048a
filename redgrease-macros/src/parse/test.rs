//! Reads the function below `#[gear_test]`.

use super::attribute::{self, at_commas};
use super::unwrap_invisible;
use crate::report::Errors;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use redgrease_syntax::Mistake;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, FnArg, Path, Signature, Visibility};

/// A test as the user wrote it.
pub(crate) struct Test {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// The unchanged tokens. A gear in the body reads its Python from the places of the tokens.
    pub(crate) body: Group,
    /// The gears to register. `None` for all gears of the program.
    pub(crate) gears: Option<Vec<Path>>,
    /// The path of the crate `redgrease`.
    pub(crate) krate: Option<Path>,
}

/// Reads `#[gear_test(attribute)] item`. Returns the item if it cannot be a test.
pub(crate) fn test(
    attribute: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Result<Test, TokenStream> {
    let keys = keys(attribute, errors);
    let Some(mut test) = function(item.clone()) else {
        errors.on(&first_line(&item), Mistake::TestFunction);
        return Err(item);
    };
    let mut fine = true;
    if !test.signature.generics.params.is_empty() {
        errors.on(&test.signature.generics.params, Mistake::TestGeneric);
        fine = false;
    }
    for input in &test.signature.inputs {
        if let FnArg::Receiver(receiver) = input {
            errors.on(receiver, Mistake::TestReceiver);
            fine = false;
        }
    }
    for attribute in &test.attributes {
        let path = attribute.path();
        if path
            .segments
            .last()
            .is_some_and(|last| last.ident == "test")
        {
            errors.on(attribute, Mistake::TestTwice);
            fine = false;
        }
    }
    if fine {
        test.gears = keys.gears;
        test.krate = keys.krate;
        Ok(test)
    } else {
        Err(item)
    }
}

/// Reads a function without its body.
fn function(item: TokenStream) -> Option<Test> {
    let mut tokens: Vec<TokenTree> = unwrap_invisible(item).into_iter().collect();
    let last = unwrap_invisible(tokens.pop()?.into()).into_iter().next();
    let body = match last {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
        _ => return None,
    };
    let read = |input: ParseStream<'_>| {
        Ok(Test {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body,
            gears: None,
            krate: None,
        })
    };
    read.parse2(tokens.into_iter().collect()).ok()
}

/// The keys of the attribute.
#[derive(Default)]
struct TestKeys {
    gears: Option<Vec<Path>>,
    krate: Option<Path>,
}

/// Reads `gears = [a, b]` and `crate = path`.
fn keys(attribute: TokenStream, errors: &mut Errors) -> TestKeys {
    let mut keys = TestKeys::default();
    for entry in at_commas(attribute) {
        match &entry[..] {
            [] => {}
            [
                TokenTree::Ident(key),
                TokenTree::Punct(equals),
                TokenTree::Group(list),
            ] if key == "gears"
                && equals.as_char() == '='
                && list.delimiter() == Delimiter::Bracket
                && keys.gears.is_none() =>
            {
                keys.gears = Some(gears(list.stream(), errors));
            }
            [TokenTree::Ident(key), TokenTree::Punct(equals), path @ ..]
                if key == "crate" && equals.as_char() == '=' && keys.krate.is_none() =>
            {
                let path: TokenStream = path.iter().cloned().collect();
                keys.krate = attribute::krate(&path);
                if keys.krate.is_none() {
                    errors.on(&path, Mistake::TestKey);
                }
            }
            _ => errors.on(
                &entry.into_iter().collect::<TokenStream>(),
                Mistake::TestKey,
            ),
        }
    }
    keys
}

fn gears(list: TokenStream, errors: &mut Errors) -> Vec<Path> {
    let mut paths = Vec::new();
    for part in at_commas(list) {
        let part: TokenStream = part.into_iter().collect();
        match syn::parse2::<Path>(part.clone()) {
            Ok(path) => paths.push(path),
            Err(_) if part.is_empty() => {}
            Err(_) => errors.on(&part, Mistake::NotAGear),
        }
    }
    paths
}

/// The item up to its first brace.
fn first_line(item: &TokenStream) -> TokenStream {
    item.clone()
        .into_iter()
        .take_while(|token| !matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace))
        .collect()
}
