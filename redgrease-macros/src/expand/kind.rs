//! Expands the role of a gear to a constant expression.

use super::krate::Krate;
use super::spec::{optional, with_static_lifetimes};
use crate::check::{Gear, Name, Role};
use crate::parse::{Mode, OnFailed};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn kind(gear: &Gear<'_>, krate: &Krate) -> TokenStream {
    let name = &gear.header.python_name;
    match &gear.role {
        Role::Command {
            trigger,
            mode,
            in_order,
        } => {
            let mode = mode_tokens(*mode, krate);
            let trigger = trigger_tokens(trigger.as_ref(), name);
            quote!(#krate::GearKind::Command {
                trigger: #trigger,
                mode: #mode,
                in_order: #in_order,
                hook: ::core::option::Option::None,
            })
        }
        Role::Hook {
            command,
            key_prefix,
            mode,
            in_order,
        } => {
            let mode = mode_tokens(*mode, krate);
            let key_prefix = optional(key_prefix.as_ref());
            quote!(#krate::GearKind::Command {
                trigger: "",
                mode: #mode,
                in_order: #in_order,
                hook: ::core::option::Option::Some(#krate::Hook {
                    command: #command,
                    key_prefix: #key_prefix,
                }),
            })
        }
        Role::Keys {
            prefix,
            events,
            key_types,
            commands,
            read_value,
            mode,
        } => {
            let mode = mode_tokens(*mode, krate);
            let ty = record(gear);
            let here = krate.at(ty.span());
            let value = quote_spanned!(ty.span()=> <#ty as #here::KeyArg>::VALUE);
            quote!(#krate::GearKind::Keys(#krate::KeysSpec {
                prefix: #prefix,
                events: &[#(#events),*],
                key_types: &[#(#key_types),*],
                commands: &[#(#commands),*],
                read_value: #read_value,
                mode: #mode,
                value: #value,
            }))
        }
        Role::Stream {
            stream,
            batch,
            duration_ms,
            on_failed,
            retry_interval_s,
            retries,
            trim,
            mode,
        } => {
            let max_retries = optional(retries.count.as_ref());
            let dead_letter = optional(retries.dead_letter.as_ref());
            let backoff = retries.backoff;
            let max_interval_s = optional(retries.max_interval_s.as_ref());
            let mode = mode_tokens(*mode, krate);
            let on_failed = on_failed_tokens(*on_failed);
            let ty = record(gear);
            let here = krate.at(ty.span());
            let value = quote_spanned!(ty.span()=> <#ty as #here::StreamArg>::VALUE);
            let batched = quote_spanned!(ty.span()=> <#ty as #here::StreamArg>::BATCH);
            quote!(#krate::GearKind::Stream(#krate::StreamSpec {
                stream: #stream,
                batch: #batch,
                duration_ms: #duration_ms,
                on_failed: #krate::FailurePolicy::#on_failed,
                retry_interval_s: #retry_interval_s,
                max_retries: #max_retries,
                dead_letter: #dead_letter,
                backoff: #backoff,
                max_interval_s: #max_interval_s,
                trim: #trim,
                mode: #mode,
                value: #value,
                batched: #batched,
            }))
        }
        Role::Every { seconds, per_shard } => {
            quote!(#krate::GearKind::Every(#krate::EverySpec {
                seconds: #seconds,
                per_shard: #per_shard,
            }))
        }
    }
}

/// The type of the record.
fn record(gear: &Gear<'_>) -> TokenStream {
    gear.header.arguments.first().map_or_else(
        || quote!(()),
        |argument| with_static_lifetimes(argument.ty.to_token_stream()),
    )
}

fn trigger_tokens(trigger: Option<&Name>, function: &str) -> TokenStream {
    match trigger {
        Some(Name::Given(trigger)) => quote!(#trigger),
        Some(Name::Unique) => quote!(::core::concat!(::core::module_path!(), "::", #function)),
        None => quote!(#function),
    }
}

fn on_failed_tokens(on_failed: OnFailed) -> TokenStream {
    match on_failed {
        OnFailed::Continue => quote!(Continue),
        OnFailed::Abort => quote!(Abort),
        OnFailed::Retry => quote!(Retry),
    }
}

fn mode_tokens(mode: Mode, krate: &Krate) -> TokenStream {
    match mode {
        Mode::Sync => quote!(#krate::Mode::Sync),
        Mode::AsyncLocal => quote!(#krate::Mode::AsyncLocal),
        Mode::Async => quote!(#krate::Mode::Async),
    }
}
