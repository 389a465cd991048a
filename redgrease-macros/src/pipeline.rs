//! Runs the pipeline parse, check, expand for each macro, and catches panics in it.

use crate::check::Feature;
use crate::parse::{self, Gears, Item, Kind};
use crate::report::Errors;
use crate::unwind::catch;
use crate::{check, expand};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// `#[gear_command]`, `#[gear_keys]`, `#[gear_stream]`, `#[gear_every]` and `#[gear]`.
pub(crate) fn gear(kind: Kind, attribute: &TokenStream, item: &TokenStream) -> TokenStream {
    catch(
        kind.attribute(),
        item,
        || expanded_gear(kind, attribute.clone(), item.clone()),
        |errors| placeholder(kind, attribute.clone(), item.clone(), errors),
    )
}

fn expanded_gear(kind: Kind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let input = match parse::gear(kind, attribute, item, &mut errors) {
        Ok(input) => input,
        // The item is not a function.
        Err(item) => return expand::as_it_was(&item, &errors),
    };
    if kind == Kind::Function {
        return match check::function(&input, &mut errors) {
            Some(function) => expand::rust_function(&function, &errors),
            None => expand::fallback(&input, &errors),
        };
    }
    match check::gear(&input, &mut errors) {
        Some(gear) => expand::gear(&gear, &errors),
        None => expand::fallback(&input, &errors),
    }
}

/// The items of a gear whose expansion panicked, made of its keys and signature only.
fn placeholder(
    kind: Kind,
    attribute: TokenStream,
    item: TokenStream,
    errors: &Errors,
) -> TokenStream {
    let mut mistakes = Errors::default();
    let head = parse::head(kind, attribute, item, &mut mistakes);
    mistakes.discard();
    match head {
        Ok(input) => expand::fallback(&input, errors),
        Err(item) => expand::as_it_was(&item, errors),
    }
}

/// `gears![..]` and `gears! { .. }`.
pub(crate) fn gears(tokens: &TokenStream) -> TokenStream {
    catch(
        "gears",
        &TokenStream::new(),
        || {
            let mut errors = Errors::default();
            match parse::gears(tokens.clone(), &mut errors) {
                Gears::List(paths) => expand::list(&paths, &errors),
                Gears::Items(items) => {
                    let items = all_items(items);
                    quote!(#errors #items)
                }
            }
        },
        ToTokens::to_token_stream,
    )
}

fn all_items(items: Vec<Item>) -> TokenStream {
    items
        .into_iter()
        .map(|item| match item {
            Item::Gear {
                kind,
                attribute,
                item,
            } => gear(kind, &attribute, &item),
            Item::Module { head, items } => {
                let items = all_items(items);
                quote!(#head { #items })
            }
            Item::Other(tokens) => tokens,
        })
        .collect()
}

/// `python_module!`.
pub(crate) fn python_module(tokens: &TokenStream) -> TokenStream {
    catch(
        "python_module",
        &TokenStream::new(),
        || {
            let mut errors = Errors::default();
            let written = parse::python_module(tokens.clone(), &mut errors);
            let modules: Vec<_> = written
                .iter()
                .map(|module| check::shared_module(module, &mut errors))
                .collect();
            expand::shared_modules(&modules, &errors)
        },
        ToTokens::to_token_stream,
    )
}

/// `#[gear_test]`.
pub(crate) fn gear_test(attribute: &TokenStream, item: &TokenStream) -> TokenStream {
    catch(
        "gear_test",
        item,
        || {
            let mut errors = Errors::default();
            match parse::test(attribute.clone(), item.clone(), &mut errors) {
                Ok(_) if !Feature::Embedded.is_enabled() => {
                    errors.here(Feature::Embedded.missing("`#[gear_test]`"));
                    expand::as_it_was(&quote!(#[allow(dead_code)] #item), &errors)
                }
                Ok(test) => expand::test(&test, &errors),
                Err(item) => expand::as_it_was(&item, &errors),
            }
        },
        |errors| expand::as_it_was(item, errors),
    )
}

/// `python!` as an expression.
pub(crate) fn callback(tokens: &TokenStream) -> TokenStream {
    catch(
        "python",
        &TokenStream::new(),
        || {
            let mut errors = Errors::default();
            let block = parse::callback(tokens, &mut errors);
            let callback = check::callback(block.as_ref(), &mut errors);
            expand::callback(callback.as_ref(), &errors)
        },
        ToTokens::to_token_stream,
    )
}

/// `#[derive(GearValue)]`, which the compiler expands beside the item.
pub(crate) fn gear_value(item: &TokenStream) -> TokenStream {
    catch(
        "GearValue",
        &TokenStream::new(),
        || expand::gear_value(item.clone()),
        ToTokens::to_token_stream,
    )
}

#[cfg(test)]
mod tests {
    use super::gear;
    use crate::parse::Kind;
    use quote::quote;

    /// Outside of the compiler, tokens have no position in a source file, and a request for the position panics.
    #[test]
    fn a_panic_in_the_pipeline_keeps_the_function() {
        let item = quote!(
            fn length(url: &str) -> i64 {
                python! { return len(url) }
            }
        );
        let tokens = gear(Kind::Command, &quote!(), &item).to_string();
        assert_eq!(tokens.matches("compile_error").count(), 1, "{tokens}");
        assert!(tokens.contains("fn length (url : & str)"), "{tokens}");
    }
}
