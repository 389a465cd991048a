//! Reads the function below `#[gear_test]`.

use super::attribute::{self, at_commas};
use super::unwrap_invisible;
use crate::report::Errors;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use redgrease_syntax::Mistake;
use std::ops::RangeInclusive;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, FnArg, LitInt, Path, Signature, Visibility};

/// A test as the user wrote it.
pub(crate) struct Test {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// The unchanged tokens. A gear in the body reads its Python from the places of the tokens.
    pub(crate) body: Group,
    /// The gears to register. `None` for all gears of the program.
    pub(crate) gears: Option<Vec<Path>>,
    /// The cluster on which the test runs. `None` for one server.
    pub(crate) cluster: Option<TestCluster>,
    /// The path of the crate `redgrease`.
    pub(crate) krate: Option<Path>,
}

/// The cluster of a test.
#[derive(Clone, Copy)]
pub(crate) struct TestCluster {
    pub(crate) shards: usize,
    /// The replicas of each shard.
    pub(crate) replicas: usize,
}

/// A test does not start more servers than a machine for development bears.
const MOST_SHARDS: usize = 100;
const MOST_REPLICAS: usize = 10;

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
        test.cluster = keys.shards.map(|shards| TestCluster {
            shards,
            replicas: keys.replicas.unwrap_or(0),
        });
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
            cluster: None,
            krate: None,
        })
    };
    read.parse2(tokens.into_iter().collect()).ok()
}

/// The keys of the attribute.
#[derive(Default)]
struct TestKeys {
    gears: Option<Vec<Path>>,
    shards: Option<usize>,
    replicas: Option<usize>,
    krate: Option<Path>,
}

/// Reads `gears = [a, b]`, `shards = 3`, `replicas = 1` and `crate = path`.
fn keys(attribute: TokenStream, errors: &mut Errors) -> TestKeys {
    let mut keys = TestKeys::default();
    // A number that cannot be read has its error, and no second one follows from it.
    let mut replicas_at = None;
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
            [TokenTree::Ident(key), TokenTree::Punct(equals), value @ ..]
                if key == "shards" && equals.as_char() == '=' && keys.shards.is_none() =>
            {
                keys.shards = number(key, value, 1..=MOST_SHARDS, errors).or(Some(1));
            }
            [TokenTree::Ident(key), TokenTree::Punct(equals), value @ ..]
                if key == "replicas" && equals.as_char() == '=' && replicas_at.is_none() =>
            {
                replicas_at = Some(entry.iter().cloned().collect::<TokenStream>());
                keys.replicas = number(key, value, 0..=MOST_REPLICAS, errors);
            }
            _ => errors.on(
                &entry.into_iter().collect::<TokenStream>(),
                Mistake::TestKey,
            ),
        }
    }
    if let Some(replicas) = replicas_at.filter(|_| keys.shards.is_none()) {
        errors.on(&replicas, Mistake::TestReplicas);
    }
    keys
}

/// Reads a number of servers.
fn number(
    key: &Ident,
    value: &[TokenTree],
    range: RangeInclusive<usize>,
    errors: &mut Errors,
) -> Option<usize> {
    let value: TokenStream = value.iter().cloned().collect();
    let literal = syn::parse2::<LitInt>(unwrap_invisible(value.clone())).ok();
    let number = literal.and_then(|literal| literal.base10_parse().ok());
    let number = number.filter(|number| range.contains(number));
    if number.is_none() {
        let place = if value.is_empty() {
            key.to_token_stream()
        } else {
            value
        };
        let mistake = Mistake::TestNumber {
            name: key.to_string(),
            least: range.start().to_string(),
            most: range.end().to_string(),
        };
        errors.on(&place, mistake);
    }
    number
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
