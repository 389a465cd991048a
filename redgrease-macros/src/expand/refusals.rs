//! Asserts that an `Err` is received, where the name of the result's type does not tell whether it is a `Result`.

use super::krate::Krate;
use crate::check::Gear;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use redgrease_syntax::Problem;
use std::ops::Range;

/// One assertion for each `Err`.
pub(super) fn assertions(gear: &Gear<'_>, krate: &Krate) -> TokenStream {
    let each = |range: &Range<usize>| {
        let text = gear.python.text?;
        let underline = text.underline(range);
        let mut message = Problem::ErrWithoutResult.to_string();
        if !underline.exact {
            message.push_str(&text.snippet(range));
        }
        let span = underline.first;
        let (krate, result) = (krate.at(span), super::result(gear));
        Some(quote_spanned! {span=>
            const _: () = ::core::assert!(<#result as #krate::GearReply>::CODEC.has_result(), "{}", #message);
        })
    };
    gear.python.refusals.iter().filter_map(each).collect()
}
