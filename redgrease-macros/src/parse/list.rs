//! Reads the input of `gears!`: a list of gears, or functions that become gears.

use super::attribute::at_commas;
use super::{Kind, unwrap_invisible};
use crate::report::Errors;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use redgrease_syntax::Mistake;
use syn::{Attribute, Meta, Path};

/// The input of `gears!`.
pub(crate) enum Gears {
    /// `gears![a, module::b]`
    List(Vec<Path>),
    /// `gears! { #[gear_command] fn .. }`
    Items(Vec<Item>),
}

/// One item in `gears! { .. }`.
pub(crate) enum Item {
    /// A function with an attribute of this kind. `item` does not contain the attribute.
    Gear {
        kind: Kind,
        attribute: TokenStream,
        item: TokenStream,
    },
    /// A module, whose items can be gears.
    Module {
        head: TokenStream,
        items: Vec<Item>,
    },
    Other(TokenStream),
}

/// Words that begin an item. The path of a gear in a list begins with none of them.
const ITEMS: &[&str] = &[
    "pub", "fn", "async", "use", "const", "static", "mod", "struct", "enum", "impl", "trait",
    "type", "unsafe", "extern",
];

/// Words that begin an item that ends with a semicolon, even after braces.
const UP_TO_SEMICOLON: &[&str] = &["use", "const", "static", "type"];

/// Reads the input of `gears!`. The first token decides between a list and items.
pub(crate) fn gears(tokens: TokenStream, errors: &mut Errors) -> Gears {
    let tokens: Vec<TokenTree> = unwrap_invisible(tokens).into_iter().collect();
    let items = match tokens.first() {
        Some(TokenTree::Punct(punct)) => punct.as_char() == '#',
        Some(TokenTree::Ident(word)) => ITEMS.iter().any(|item| *word == item),
        _ => false,
    };
    if items {
        Gears::Items(self::items(tokens, errors))
    } else {
        Gears::List(list(tokens.into_iter().collect(), errors))
    }
}

fn list(tokens: TokenStream, errors: &mut Errors) -> Vec<Path> {
    let mut paths = Vec::new();
    for part in at_commas(tokens) {
        let part: TokenStream = part.into_iter().collect();
        match syn::parse2::<Path>(unwrap_invisible(part.clone())) {
            Ok(path) => paths.push(path),
            Err(_) if part.is_empty() => {}
            Err(_) => errors.on(&part, Mistake::NotAGear),
        }
    }
    paths
}

fn items(tokens: Vec<TokenTree>, errors: &mut Errors) -> Vec<Item> {
    let mut items = Vec::new();
    let mut current: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let ends = match &token {
            TokenTree::Group(group) => {
                group.delimiter() == Delimiter::Brace && !reaches_semicolon(&current)
            }
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        current.push(token);
        if ends {
            items.push(item(&std::mem::take(&mut current), errors));
        }
    }
    if let (Some(first), Some(last)) = (current.first(), current.last()) {
        errors.between(first.span(), last.span(), Mistake::NotAnItem);
    }
    items
}

/// Whether the item that begins with these tokens ends with a semicolon.
fn reaches_semicolon(tokens: &[TokenTree]) -> bool {
    let words: Vec<String> = tokens
        .iter()
        .filter_map(|token| match token {
            TokenTree::Ident(word) => Some(word.to_string()),
            _ => None,
        })
        .collect();
    !words.iter().any(|word| word == "fn")
        && words
            .iter()
            .find(|word| *word != "pub")
            .is_some_and(|word| UP_TO_SEMICOLON.contains(&word.as_str()))
}

fn item(tokens: &[TokenTree], errors: &mut Errors) -> Item {
    let mut rest: Vec<TokenTree> = Vec::new();
    let mut found: Option<(Kind, TokenStream)> = None;
    let mut at = 0;
    while at < tokens.len() {
        if let [TokenTree::Punct(hash), TokenTree::Group(inside), ..] = &tokens[at..]
            && hash.as_char() == '#'
            && found.is_none()
            && let Some(gear) = gear_attribute(hash, inside)
        {
            found = Some(gear);
            at += 2;
            continue;
        }
        rest.push(tokens[at].clone());
        at += 1;
    }
    if let Some((kind, attribute)) = found {
        let item = rest.into_iter().collect();
        return Item::Gear {
            kind,
            attribute,
            item,
        };
    }
    match inline_module(&rest) {
        Some(group) => {
            rest.pop();
            Item::Module {
                head: rest.into_iter().collect(),
                items: items(group.stream().into_iter().collect(), errors),
            }
        }
        None => Item::Other(rest.into_iter().collect()),
    }
}

/// The kind of gear that `#[..]` makes, and the keys in its parentheses.
fn gear_attribute(hash: &proc_macro2::Punct, inside: &Group) -> Option<(Kind, TokenStream)> {
    use syn::parse::Parser;

    let tokens: TokenStream = [
        TokenTree::Punct(hash.clone()),
        TokenTree::Group(inside.clone()),
    ]
    .into_iter()
    .collect();
    let attribute = Attribute::parse_outer.parse2(tokens).ok()?.pop()?;
    let kind = Kind::of(attribute.path())?;
    let keys = match attribute.meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    Some((kind, keys))
}

/// The braces of `mod name { .. }`.
fn inline_module(tokens: &[TokenTree]) -> Option<Group> {
    match tokens {
        [
            ..,
            TokenTree::Ident(word),
            TokenTree::Ident(_),
            TokenTree::Group(group),
        ] if word == "mod" && group.delimiter() == Delimiter::Brace => Some(group.clone()),
        _ => None,
    }
}
