//! Reads the value of one key.

use super::{Mode, Module, OnFailed, Text, Trigger, WithSpan};
use crate::parse::{Block, block, unwrap_invisible};
use crate::report::Errors;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use redgrease_syntax::{Mistake, is_identifier, nearest, quoted};
use syn::Lit;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::spanned::Spanned;

pub(super) const MODES: &[(&str, Mode)] = &[
    ("sync", Mode::Sync),
    ("async_local", Mode::AsyncLocal),
    ("async", Mode::Async),
];

pub(super) const ON_FAILED: &[(&str, OnFailed)] = &[
    ("continue", OnFailed::Continue),
    ("abort", OnFailed::Abort),
    ("retry", OnFailed::Retry),
];

/// The tokens of a value, with its key for messages.
pub(super) struct Value<'a> {
    key: &'a Ident,
    example: &'static str,
    tokens: TokenStream,
}

impl<'a> Value<'a> {
    pub(super) fn new(key: &'a Ident, example: &'static str, tokens: TokenStream) -> Self {
        Value {
            key,
            example,
            tokens,
        }
    }

    fn name(&self) -> String {
        self.key.to_string()
    }

    /// Adds an error about a wrong or missing value.
    fn wrong(&self, errors: &mut Errors) {
        let (name, example) = (self.name(), self.example.to_owned());
        if self.tokens.is_empty() {
            errors.on(self.key, Mistake::KeyWithoutValue { name, example });
        } else {
            errors.on(&self.tokens, Mistake::WrongValue { name, example });
        }
    }

    /// Returns the value that was read. Adds an error about the wrong or missing value if nothing could be read.
    fn expect<T>(&self, read: Option<T>, errors: &mut Errors) -> Option<T> {
        if read.is_none() {
            self.wrong(errors);
        }
        read
    }

    /// A string.
    pub(super) fn text(&self, errors: &mut Errors) -> Option<Text> {
        let read = text(&self.tokens);
        if read.is_none()
            && let Some(value) = self.without_quotes()
        {
            let name = self.name();
            errors.on(&self.tokens, Mistake::NeedsQuotes { name, value });
            return None;
        }
        self.expect(read, errors)
    }

    /// The value if it is a word or a version without the quotes of a string.
    fn without_quotes(&self) -> Option<String> {
        let tokens = unwrap_invisible(self.tokens.clone());
        if let Ok(word) = syn::parse2::<Ident>(tokens.clone()) {
            return Some(word.unraw().to_string());
        }
        match syn::parse2::<Lit>(tokens) {
            Ok(Lit::Float(version)) if self.key == "python" => {
                Some(version.base10_digits().to_owned())
            }
            _ => None,
        }
    }

    /// A list of strings.
    pub(super) fn texts(self, errors: &mut Errors) -> Vec<Text> {
        let tokens: Vec<TokenTree> = unwrap_invisible(self.tokens.clone()).into_iter().collect();
        let list = match &tokens[..] {
            [TokenTree::Group(list)] if list.delimiter() == Delimiter::Bracket => list.stream(),
            _ => {
                match text(&self.tokens) {
                    Some(one) => errors.on(
                        &self.tokens,
                        Mistake::NeedsList {
                            name: self.name(),
                            value: one.to_token_stream().to_string(),
                        },
                    ),
                    None => self.wrong(errors),
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
                None => Value::new(self.key, self.example, part).wrong(errors),
            }
        }
        texts
    }

    /// One of a few words, in quotes.
    pub(super) fn word<T: Copy>(
        self,
        words: &[(&'static str, T)],
        errors: &mut Errors,
    ) -> Option<WithSpan<T>> {
        let unquoted = self.without_quotes();
        let (word, span) = match (text(&self.tokens), &unquoted) {
            (Some(text), _) => (text.value(), text.span()),
            (None, Some(word)) => (word.clone(), self.tokens.span()),
            (None, None) => {
                self.wrong(errors);
                return None;
            }
        };
        if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
            if let Some(value) = unquoted {
                let name = self.name();
                errors.at(span, Mistake::NeedsQuotes { name, value });
                return None;
            }
            let value = *value;
            return Some(WithSpan { value, span });
        }
        let known: Vec<String> = words
            .iter()
            .map(|(known, _)| format!("`\"{known}\"`"))
            .collect();
        let (last, first) = known.split_last()?;
        let hint = nearest(&word, words.iter().map(|(known, _)| *known)).map_or_else(
            || format!("write {} or {last}", first.join(", ")),
            |known| format!("did you mean `{known}`?"),
        );
        let (name, word) = (self.name(), quoted(&word));
        errors.at(span, Mistake::UnknownWord { name, word, hint });
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(self, errors: &mut Errors) -> Option<WithSpan<bool>> {
        let read = match syn::parse2::<Lit>(unwrap_invisible(self.tokens.clone())) {
            Ok(Lit::Bool(flag)) => Some(WithSpan {
                value: flag.value,
                span: flag.span,
            }),
            _ => None,
        };
        self.expect(read, errors)
    }

    /// A whole number without a suffix. Numbers that do not fit are `u64::MAX`, which every check refuses.
    pub(super) fn number(self, errors: &mut Errors) -> Option<WithSpan<u64>> {
        let read = match syn::parse2::<Lit>(unwrap_invisible(self.tokens.clone())) {
            Ok(Lit::Int(number)) if number.suffix().is_empty() => Some(WithSpan {
                value: number.base10_parse().unwrap_or(u64::MAX),
                span: number.span(),
            }),
            _ => None,
        };
        self.expect(read, errors)
    }

    /// A number without a suffix, with or without a fraction.
    pub(super) fn factor(self, errors: &mut Errors) -> Option<WithSpan<f64>> {
        let read = match syn::parse2::<Lit>(unwrap_invisible(self.tokens.clone())) {
            Ok(Lit::Float(number)) if number.suffix().is_empty() => number
                .base10_parse()
                .ok()
                .map(|value| (value, number.span())),
            Ok(Lit::Int(number)) if number.suffix().is_empty() => number
                .base10_parse()
                .ok()
                .map(|value| (value, number.span())),
            _ => None,
        };
        let read = read.map(|(value, span)| WithSpan { value, span });
        self.expect(read, errors)
    }

    /// A name without quotes.
    pub(super) fn ident(self, errors: &mut Errors) -> Option<Ident> {
        let ident = syn::parse2::<Ident>(unwrap_invisible(self.tokens.clone())).ok();
        if ident.is_none() {
            match text(&self.tokens).map(|quoted| quoted.value()) {
                Some(value) if is_identifier(&value) => {
                    let name = self.name();
                    errors.on(&self.tokens, Mistake::NeedsName { name, value });
                }
                _ => self.wrong(errors),
            }
        }
        ident
    }

    /// A string, or the word `unique`.
    pub(super) fn trigger(self, errors: &mut Errors) -> Option<Trigger> {
        if let Ok(word) = syn::parse2::<Ident>(unwrap_invisible(self.tokens.clone()))
            && word == "unique"
        {
            return Some(Trigger::Unique(word.span()));
        }
        self.text(errors).map(Trigger::Named)
    }

    /// A path to a `python_module!`, or a file.
    pub(super) fn module(self, errors: &mut Errors) -> Option<Module> {
        if let Some(file) = text(&self.tokens) {
            return block::shared_file(&file, errors).map(Module::File);
        }
        let path = syn::parse2::<syn::Path>(unwrap_invisible(self.tokens.clone())).ok();
        self.expect(path, errors).map(Module::Item)
    }

    /// The path of the crate `redgrease`, which can be in quotes, as for serde.
    pub(super) fn krate(self, errors: &mut Errors) -> Option<syn::Path> {
        self.expect(krate(&self.tokens), errors)
    }

    /// A block of Python.
    pub(super) fn python(self, errors: &mut Errors) -> Option<Block> {
        let tokens: Vec<TokenTree> = unwrap_invisible(self.tokens.clone()).into_iter().collect();
        match block::split_call(&tokens) {
            Some((_, [TokenTree::Group(group)])) => block::on_registered(group, errors),
            Some((_, [open, ..])) if block::is_punct(open, '<') => {
                errors.on(&self.tokens, Mistake::AngleOutside);
                None
            }
            _ => {
                self.wrong(errors);
                None
            }
        }
    }
}

/// The tokens as a path, which can be in quotes. `None` also for paths that are not those of a crate `redgrease`: the
/// compiler would have an error for each name of an expansion.
pub(in crate::parse) fn krate(tokens: &TokenStream) -> Option<syn::Path> {
    let path = match text(tokens) {
        Some(quoted) => quoted.parse_with(syn::Path::parse_mod_style).ok()?,
        None => syn::Path::parse_mod_style
            .parse2(unwrap_invisible(tokens.clone()))
            .ok()?,
    };
    let is_standard = path.segments.first().is_some_and(|first| {
        ["std", "core", "alloc"]
            .iter()
            .any(|name| first.ident == name)
    });
    let is_prelude = path
        .segments
        .last()
        .is_some_and(|last| last.ident == "prelude");
    (!is_standard && !is_prelude).then_some(path)
}

/// The tokens as a string literal.
pub(super) fn text(tokens: &TokenStream) -> Option<Text> {
    match syn::parse2::<Lit>(unwrap_invisible(tokens.clone())) {
        Ok(Lit::Str(text)) if text.suffix().is_empty() => Some(text),
        _ => None,
    }
}

/// Splits tokens at the commas outside of brackets.
pub(in crate::parse) fn at_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
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
