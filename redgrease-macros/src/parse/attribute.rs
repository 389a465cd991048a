//! The keys in `#[gear_command(..)]`.

use super::unwrap_invisible;
use crate::report::Errors;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use redgrease_syntax::nearest;
use syn::{Lit, LitStr};

const KEYS: &[&str] = &[
    "trigger",
    "requirements",
    "mode",
    "description",
    "python",
    "handle",
];

/// A text and where it stands.
pub(crate) type Text = LitStr;

/// One of a few words, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Worded<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// Where a command runs, as the user says it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Sync,
    AsyncLocal,
    Async,
}

const MODES: &[(&str, Mode)] = &[
    ("sync", Mode::Sync),
    ("async", Mode::Async),
    ("async_local", Mode::AsyncLocal),
];

/// What the attribute says. Absent is what was not given, or not readable.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) trigger: Option<Text>,
    pub(crate) requirements: Vec<Text>,
    pub(crate) mode: Option<Worded<Mode>>,
    pub(crate) description: Option<Text>,
    pub(crate) python: Option<Text>,
    pub(crate) handle: Option<Ident>,
}

/// Reads the keys. Each is independent of the others, so one mistake hides no other.
pub(super) fn keys(attribute: TokenStream, errors: &mut Errors) -> Keys {
    let mut keys = Keys::default();
    let mut seen: Vec<String> = Vec::new();
    for entry in at_commas(attribute) {
        let Some((key, value)) = entry_of(&entry, errors) else {
            continue;
        };
        let name = key.to_string();
        if seen.contains(&name) {
            errors.at(
                key.span(),
                format!("the key `{name}` is given twice: remove one of them"),
            );
            continue;
        }
        let given = Value {
            key: &key,
            tokens: value,
        };
        match name.as_str() {
            "trigger" => keys.trigger = given.text(errors),
            "requirements" => keys.requirements = given.texts(errors),
            "mode" => keys.mode = given.mode(errors),
            "description" => keys.description = given.text(errors),
            "python" => keys.python = given.text(errors),
            _ => keys.handle = given.ident(errors),
        }
        seen.push(name);
    }
    keys
}

/// Splits `key = value`, if the key is one.
fn entry_of(tokens: &[TokenTree], errors: &mut Errors) -> Option<(Ident, TokenStream)> {
    let (first, rest) = tokens.split_first()?;
    let TokenTree::Ident(key) = first else {
        errors.at(first.span(), "expected a key: write `key = value`");
        return None;
    };
    let name = key.to_string();
    if !KEYS.contains(&name.as_str()) {
        errors.at(key.span(), unknown(&name));
        return None;
    }
    match rest {
        [TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' => {
            Some((key.clone(), value.iter().cloned().collect()))
        }
        _ => {
            let message = format!("the key `{name}` has no value: write {}", example(&name));
            errors.at(key.span(), message);
            None
        }
    }
}

fn unknown(name: &str) -> String {
    if let Some(known) = nearest(name, KEYS.iter().copied()) {
        return format!("unknown key `{name}`: did you mean `{known}`?");
    }
    let known: Vec<String> = KEYS.iter().map(|key| format!("`{key}`")).collect();
    format!("unknown key `{name}`: the keys are {}", known.join(", "))
}

/// Splits at the commas that are not inside of brackets.
fn at_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => parts.push(Vec::new()),
            (_, Some(part)) => part.push(token),
            (_, None) => {}
        }
    }
    parts
}

fn example(key: &str) -> &'static str {
    match key {
        "trigger" => "`trigger = \"name\"`",
        "requirements" => "`requirements = [\"requests>=2.31\"]`",
        "mode" => "`mode = \"async_local\"`",
        "description" => "`description = \"what it does\"`",
        "python" => "`python = \"3.9\"`",
        _ => "`handle = Name`",
    }
}

/// The value of a key, not yet read.
struct Value<'a> {
    key: &'a Ident,
    tokens: TokenStream,
}

impl Value<'_> {
    fn complain(&self, errors: &mut Errors) {
        let name = self.key.to_string();
        let message = format!("unexpected value of `{name}`: write {}", example(&name));
        if self.tokens.is_empty() {
            errors.on(self.key, message);
        } else {
            errors.on(&self.tokens, message);
        }
    }

    fn text(self, errors: &mut Errors) -> Option<Text> {
        let text = text(&self.tokens);
        if text.is_none() {
            self.complain(errors);
        }
        text
    }

    fn texts(self, errors: &mut Errors) -> Vec<Text> {
        let tokens: Vec<TokenTree> = unwrap_invisible(self.tokens.clone()).into_iter().collect();
        let list = match &tokens[..] {
            [TokenTree::Group(list)] if list.delimiter() == Delimiter::Bracket => list.stream(),
            _ => {
                match text(&self.tokens) {
                    Some(one) => {
                        let message = format!(
                            "`{}` takes a list: write `{} = [{}]`",
                            self.key,
                            self.key,
                            one.to_token_stream()
                        );
                        errors.on(&self.tokens, message);
                    }
                    None => self.complain(errors),
                }
                return Vec::new();
            }
        };
        let mut texts = Vec::new();
        for part in at_commas(list) {
            let part: TokenStream = part.into_iter().collect();
            match text(&part) {
                Some(one) => texts.push(one),
                None if part.is_empty() => {}
                None => Value {
                    key: self.key,
                    tokens: part,
                }
                .complain(errors),
            }
        }
        texts
    }

    fn mode(self, errors: &mut Errors) -> Option<Worded<Mode>> {
        let key = self.key.clone();
        let text = self.text(errors)?;
        let word = text.value();
        if let Some((_, value)) = MODES.iter().find(|(known, _)| *known == word) {
            return Some(Worded {
                value: *value,
                span: text.span(),
            });
        }
        let hint = match nearest(&word, MODES.iter().map(|(known, _)| *known)) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "it is `sync`, `async_local` or `async`".to_owned(),
        };
        errors.at(text.span(), format!("unknown {key} `{word}`: {hint}"));
        None
    }

    fn ident(self, errors: &mut Errors) -> Option<Ident> {
        let ident = syn::parse2::<Ident>(unwrap_invisible(self.tokens.clone())).ok();
        if ident.is_none() {
            match text(&self.tokens) {
                Some(quoted) => errors.on(
                    &self.tokens,
                    format!(
                        "`{}` takes a name without quotes: write `{} = {}`",
                        self.key,
                        self.key,
                        quoted.value()
                    ),
                ),
                None => self.complain(errors),
            }
        }
        ident
    }
}

/// A string literal, if the tokens are one.
fn text(tokens: &TokenStream) -> Option<Text> {
    match syn::parse2::<Lit>(unwrap_invisible(tokens.clone())) {
        Ok(Lit::Str(text)) if text.suffix().is_empty() => Some(text),
        _ => None,
    }
}
