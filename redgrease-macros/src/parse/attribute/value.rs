//! The value of one key.

use super::{Mode, Module, OnFailed, Text, Trigger, Worded};
use crate::parse::{Block, block, unwrap_invisible};
use crate::report::Errors;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use redgrease_syntax::{Mistake, nearest};
use syn::Lit;
use syn::ext::IdentExt;

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

/// The value of a key, not yet read.
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

    fn complain(&self, errors: &mut Errors) {
        let mistake = Mistake::WrongValue {
            name: self.name(),
            example: self.example.to_owned(),
        };
        if self.tokens.is_empty() {
            errors.on(self.key, mistake);
        } else {
            errors.on(&self.tokens, mistake);
        }
    }

    /// What `read` makes of it, or a complaint.
    fn expect<T>(&self, read: Option<T>, errors: &mut Errors) -> Option<T> {
        if read.is_none() {
            self.complain(errors);
        }
        read
    }

    pub(super) fn text(&self, errors: &mut Errors) -> Option<Text> {
        self.expect(text(&self.tokens), errors)
    }

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
                None => Value::new(self.key, self.example, part).complain(errors),
            }
        }
        texts
    }

    /// One of a few words, quoted.
    pub(super) fn word<T: Copy>(
        self,
        words: &[(&'static str, T)],
        errors: &mut Errors,
    ) -> Option<Worded<T>> {
        let text = self.text(errors)?;
        let word = text.value();
        if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
            return Some(Worded {
                value: *value,
                span: text.span(),
            });
        }
        let known: Vec<String> = words
            .iter()
            .map(|(known, _)| format!("`{known}`"))
            .collect();
        let (last, first) = known.split_last()?;
        let hint = nearest(&word, words.iter().map(|(known, _)| *known)).map_or_else(
            || format!("it is {} or {last}", first.join(", ")),
            |known| format!("did you mean `{known}`?"),
        );
        let name = self.name();
        errors.at(text.span(), Mistake::UnknownWord { name, word, hint });
        None
    }

    pub(super) fn flag(self, errors: &mut Errors) -> Option<Worded<bool>> {
        let read = match syn::parse2::<Lit>(unwrap_invisible(self.tokens.clone())) {
            Ok(Lit::Bool(flag)) => Some(Worded {
                value: flag.value,
                span: flag.span,
            }),
            _ => None,
        };
        self.expect(read, errors)
    }

    pub(super) fn number(self, errors: &mut Errors) -> Option<Worded<u64>> {
        let read = match syn::parse2::<Lit>(unwrap_invisible(self.tokens.clone())) {
            Ok(Lit::Int(number)) if number.suffix().is_empty() => Some(Worded {
                // Larger ones are too large as well.
                value: number.base10_parse().unwrap_or(u64::MAX),
                span: number.span(),
            }),
            _ => None,
        };
        self.expect(read, errors)
    }

    pub(super) fn ident(self, errors: &mut Errors) -> Option<Ident> {
        let ident = syn::parse2::<Ident>(unwrap_invisible(self.tokens.clone())).ok();
        if ident.is_none() {
            match text(&self.tokens) {
                Some(quoted) => errors.on(
                    &self.tokens,
                    Mistake::NeedsName {
                        name: self.name(),
                        value: quoted.value(),
                    },
                ),
                None => self.complain(errors),
            }
        }
        ident
    }

    /// A text, or the word `unique`.
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

    /// A block of Python.
    pub(super) fn python(self, errors: &mut Errors) -> Option<Block> {
        let tokens: Vec<TokenTree> = unwrap_invisible(self.tokens.clone()).into_iter().collect();
        let Some((_, [TokenTree::Group(group)])) = block::split_call(&tokens) else {
            self.complain(errors);
            return None;
        };
        block::in_place(group, &format!("`{}`", self.key.unraw()), errors)
    }
}

/// A string literal, if the tokens are one.
pub(super) fn text(tokens: &TokenStream) -> Option<Text> {
    match syn::parse2::<Lit>(unwrap_invisible(tokens.clone())) {
        Ok(Lit::Str(text)) if text.suffix().is_empty() => Some(text),
        _ => None,
    }
}

/// Splits at the commas that are not inside of brackets.
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
