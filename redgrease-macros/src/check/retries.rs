//! Checks the keys of `#[gear_stream]` about entries that fail more than once.

use super::role::seconds;
use crate::parse::{Keys, OnFailed};
use crate::report::Errors;
use proc_macro2::Span;
use redgrease_syntax::Mistake;

/// The limits of retries, and the end of entries that fail in all of them.
pub(crate) struct Retries {
    /// How often an entry is tried again. `None` is without end.
    pub(crate) count: Option<u32>,
    pub(crate) dead_letter: Option<String>,
    /// The factor by which the pause grows.
    pub(crate) backoff: f64,
    /// The longest pause in seconds. `None` leaves it to the server.
    pub(crate) max_interval_s: Option<u32>,
}

/// `first` is the pause before the first retry, in seconds.
pub(super) fn retries(
    keys: &Keys,
    on_failed: OnFailed,
    first: u64,
    errors: &mut Errors,
) -> Retries {
    if on_failed != OnFailed::Retry {
        let of_retries = [
            ("max_retries", keys.max_retries.map(|number| number.span)),
            ("backoff", keys.backoff.map(|factor| factor.span)),
            (
                "max_interval",
                keys.max_interval.as_ref().map(syn::LitStr::span),
            ),
        ];
        for (key, span) in of_retries {
            if let Some(span) = span {
                let key = key.to_owned();
                errors.at(span, Mistake::OfRetries { key });
            }
        }
    }
    Retries {
        count: keys
            .max_retries
            .map(|number| limit(number.value, number.span, errors)),
        dead_letter: dead_letter(keys, on_failed, errors),
        backoff: backoff(keys, errors),
        max_interval_s: max_interval(keys, on_failed, first, errors),
    }
}

fn limit(number: u64, span: Span, errors: &mut Errors) -> u32 {
    u32::try_from(number).unwrap_or_else(|_| {
        let number = number.to_string();
        errors.at(span, Mistake::TooManyRetries { number });
        u32::MAX
    })
}

fn backoff(keys: &Keys, errors: &mut Errors) -> f64 {
    let Some(factor) = keys.backoff else {
        return 1.0;
    };
    if factor.value.is_finite() && factor.value >= 1.0 {
        return factor.value;
    }
    errors.at(factor.span, Mistake::SmallBackoff);
    1.0
}

fn max_interval(keys: &Keys, on_failed: OnFailed, first: u64, errors: &mut Errors) -> Option<u32> {
    let text = keys.max_interval.as_ref()?;
    let longest = seconds(text, "the longest pause", errors);
    if on_failed == OnFailed::Retry {
        if keys.backoff.is_none() {
            errors.at(text.span(), Mistake::CeilingWithoutBackoff);
        } else if longest < first {
            errors.at(text.span(), Mistake::ShortCeiling);
        }
    }
    Some(u32::try_from(longest).unwrap_or(u32::MAX))
}

fn dead_letter(keys: &Keys, on_failed: OnFailed, errors: &mut Errors) -> Option<String> {
    let text = keys.dead_letter.as_ref()?;
    let dead = text.value();
    let pattern = keys.subject.as_ref().map(syn::LitStr::value);
    let is_read = |pattern: &String| match pattern.strip_suffix('*') {
        Some(prefix) => dead.starts_with(prefix),
        None => dead == *pattern,
    };
    if dead.is_empty() {
        errors.at(text.span(), Mistake::EmptyDeadLetter);
    } else if let Some(pattern) = pattern.filter(is_read) {
        let dead = dead.clone();
        errors.at(text.span(), Mistake::DeadLetterRead { dead, pattern });
    }
    match on_failed {
        OnFailed::Abort => errors.at(text.span(), Mistake::DeadLetterAbort),
        OnFailed::Retry if keys.max_retries.is_none() => {
            errors.at(text.span(), Mistake::DeadLetterNever);
        }
        OnFailed::Retry | OnFailed::Continue => {}
    }
    Some(dead)
}
