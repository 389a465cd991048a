//! Collects mistakes and turns them into compile errors.

use std::cell::Cell;
use std::fmt::Display;
use std::thread;

use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

/// Compile errors, in the order in which they were found.
///
/// The errors have to be written into an expansion (`quote!(#errors ..)`). A collector panics if it is dropped with
/// errors that are in no expansion. [`catch`](crate::unwind::catch) turns the panic into a compile error.
#[derive(Default)]
pub(crate) struct Errors {
    tokens: TokenStream,
    count: usize,
    /// Whether an expansion contains all errors found so far.
    emitted: Cell<bool>,
}

impl Errors {
    /// Adds an error about the whole attribute or macro call.
    pub(crate) fn here(&mut self, message: impl Display) {
        self.at(Span::call_site(), message);
    }

    /// Adds an error that underlines one token.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.between(span, span, message);
    }

    /// Adds an error that underlines all of `tokens`.
    pub(crate) fn on(&mut self, tokens: &impl ToTokens, message: impl Display) {
        let mut spans = tokens
            .to_token_stream()
            .into_iter()
            .map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        let last = spans.last().unwrap_or(first);
        self.between(first, last, message);
    }

    /// Adds an error that underlines everything from one token to another.
    ///
    /// A stable compiler cannot join spans. But it reports a `compile_error!` from the first to the last
    /// token of the macro call, so these two tokens get the two spans.
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
        self.emitted.set(false);
    }

    /// The number of errors.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds the errors of `syn`.
    pub(crate) fn syn(&mut self, error: &syn::Error) {
        for one in error {
            self.at(one.span(), one.to_string());
        }
    }

    /// Drops the errors, if another error already explains the missing expansion.
    pub(crate) fn discard(self) {
        self.emitted.set(true);
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.emitted.set(true);
        tokens.extend(self.tokens.clone());
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        let forgotten = self.count > 0 && !self.emitted.get();
        assert!(
            !forgotten || thread::panicking(),
            "compile errors were collected and not emitted: {}",
            self.tokens
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Errors;
    use quote::ToTokens;

    #[test]
    fn emitted_and_discarded_errors_drop_in_silence() {
        drop(Errors::default());
        let mut emitted = Errors::default();
        emitted.here("one");
        assert_eq!(emitted.count(), 1);
        assert!(emitted.to_token_stream().to_string().contains("\"one\""));
        drop(emitted);
        let mut discarded = Errors::default();
        discarded.here("one");
        discarded.discard();
    }

    #[test]
    #[should_panic(expected = "collected and not emitted")]
    fn forgotten_errors_panic() {
        let mut errors = Errors::default();
        errors.here("one");
    }

    #[test]
    #[should_panic(expected = "collected and not emitted")]
    fn errors_that_are_added_after_the_expansion_panic() {
        let mut errors = Errors::default();
        errors.here("one");
        let _ = errors.to_token_stream();
        errors.here("two");
    }
}
