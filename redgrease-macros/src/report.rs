//! Mistakes, collected and then shown as compile errors.

use std::fmt::Display;

use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

/// Compile errors, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Errors {
    tokens: TokenStream,
    count: usize,
}

impl Errors {
    /// An error about the whole attribute or macro call.
    pub(crate) fn here(&mut self, message: impl Display) {
        self.at(Span::call_site(), message);
    }

    /// An error that underlines one token.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.between(span, span, message);
    }

    /// An error that underlines everything `tokens` consists of.
    pub(crate) fn on(&mut self, tokens: &impl ToTokens, message: impl Display) {
        let mut spans = tokens
            .to_token_stream()
            .into_iter()
            .map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        let last = spans.last().unwrap_or(first);
        self.between(first, last, message);
    }

    /// An error that underlines everything from one token to another.
    ///
    /// Spans cannot be joined by a stable compiler, but it joins the first and the last token of a
    /// macro call itself when it reports that `compile_error!` was called.
    pub(crate) fn between(&mut self, first: Span, last: Span, message: impl Display) {
        let mut text = Literal::string(&message.to_string());
        text.set_span(last);
        let mut argument = Group::new(
            proc_macro2::Delimiter::Brace,
            TokenTree::Literal(text).into(),
        );
        argument.set_span(last);
        let head = quote_spanned!(first=> ::core::compile_error!);
        self.tokens.extend(quote!(#head #argument));
        self.count += 1;
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// What `syn` has to say.
    pub(crate) fn syn(&mut self, error: &syn::Error) {
        for one in error {
            self.at(one.span(), one.to_string());
        }
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.clone());
    }
}
