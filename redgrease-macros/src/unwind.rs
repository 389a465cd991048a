//! Turns a panic inside a macro into a compile error.
//!
//! The compiler reports a panic as an error as well. But then it drops the item below the attribute, and every use of
//! that item is another error.

use crate::expand::as_it_was;
use crate::report::Errors;
use proc_macro2::TokenStream;
use redgrease_syntax::Mistake;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `expand`, the expansion of the macro `name`.
///
/// If `expand` panics, the result is the expansion by `instead`, which gets an error that asks the user to report the
/// defect. If `instead` panics as well, the result is the error with the unchanged `item`.
pub(crate) fn catch(
    name: &str,
    item: &TokenStream,
    expand: impl FnOnce() -> TokenStream,
    instead: impl FnOnce(&Errors) -> TokenStream,
) -> TokenStream {
    let panic = match catch_unwind(AssertUnwindSafe(expand)) {
        Ok(tokens) => return tokens,
        Err(panic) => panic,
    };
    let mut errors = Errors::default();
    errors.here(Mistake::Panicked {
        name: name.to_owned(),
        reason: reason(&*panic),
    });
    catch_unwind(AssertUnwindSafe(|| instead(&errors))).unwrap_or_else(|_| as_it_was(item, &errors))
}

/// The message of a panic.
fn reason(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "a panic without a message".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::catch;
    use crate::report::Errors;
    use proc_macro2::TokenStream;
    use quote::quote;

    fn caught(expand: fn() -> TokenStream, instead: fn(&Errors) -> TokenStream) -> String {
        let item = quote!(
            fn users_item() {}
        );
        catch("gear_command", &item, expand, instead).to_string()
    }

    #[test]
    fn an_expansion_stays_as_it_is() {
        let tokens = caught(|| quote!(expanded), |_| panic!("not called"));
        assert_eq!(tokens, "expanded");
    }

    #[test]
    fn a_panic_becomes_an_error_beside_the_replacement() {
        let tokens = caught(
            || panic!("no tokens on line {}", 3),
            |errors| quote!(#errors fn replacement() {}),
        );
        assert_eq!(tokens.matches("compile_error").count(), 1, "{tokens}");
        assert!(tokens.contains("`gear_command`"), "{tokens}");
        assert!(tokens.contains("no tokens on line 3"), "{tokens}");
        assert!(tokens.contains("report"), "{tokens}");
        assert!(tokens.contains("fn replacement"), "{tokens}");
    }

    #[test]
    fn a_second_panic_keeps_the_item() {
        let tokens = caught(|| panic!("first"), |_| panic!("second"));
        assert_eq!(tokens.matches("compile_error").count(), 1, "{tokens}");
        assert!(tokens.contains("first"), "{tokens}");
        assert!(tokens.contains("fn users_item"), "{tokens}");
    }

    #[test]
    fn forgotten_errors_become_an_error() {
        let tokens = caught(
            || {
                let mut errors = Errors::default();
                errors.here("lost");
                quote!(expanded)
            },
            |errors| quote!(#errors),
        );
        assert!(tokens.contains("not emitted"), "{tokens}");
        assert!(tokens.contains("lost"), "{tokens}");
    }
}
