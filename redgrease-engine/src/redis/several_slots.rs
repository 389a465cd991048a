//! Commands whose keys are in several hash slots.
//!
//! Valkey 9.1 refuses such a command of a module, and then all later ones: it marks the client that it keeps for calls of modules,
//! and never removes the mark. So on Valkey the engine looks at the keys before the server does.

use super::command::text;
use super::context::Context;
use super::ending;
use super::filter::Words;
use super::hash_slot::slot_of;
use super::raw;
use super::refusal;
use std::ffi::c_int;
use std::iter;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// The engine looks at the keys of commands.
static LOOKS: AtomicBool = AtomicBool::new(false);

/// Learns whether the server is one of a cluster of Valkey. Called after it is known what kind of server it is.
pub(super) fn learn(context: &Context) {
    let looks = ending::is_valkey() && context.is_in_cluster_mode();
    LOOKS.store(looks, Ordering::Relaxed);
}

/// `true` if the engine has to look at the keys of a command with so many arguments.
pub(super) fn must_look(arguments: usize) -> bool {
    arguments > 1 && LOOKS.load(Ordering::Relaxed)
}

/// `true` if the keys of a command are in several hash slots. `words` begin with its name.
///
/// # Safety
/// The words are live strings.
pub(super) unsafe fn has_several(
    context: &Context,
    words: &mut [*mut raw::RedisModuleString],
) -> bool {
    // SAFETY: the caller guarantees that the words are live, and they do not change here.
    let slot = |word: *mut raw::RedisModuleString| slot_of(unsafe { text(word) }.bytes());
    // SAFETY: the context is live and locked. The server allocates the numbers, and writes as many of them as it
    // says; they are freed once.
    unsafe {
        let Some(find) = raw::RedisModule_GetCommandKeysWithFlags else {
            return false;
        };
        let mut found = 0;
        let places = find(
            context.as_ptr(),
            words.as_mut_ptr(),
            c_int::try_from(words.len()).unwrap_or(c_int::MAX),
            &raw mut found,
            ptr::null_mut(),
        );
        if places.is_null() {
            return false;
        }
        let keys = std::slice::from_raw_parts(places, usize::try_from(found).unwrap_or(0));
        let word = |place: &c_int| words.get(usize::try_from(*place).ok()?).copied();
        let several = differ(keys.iter().filter_map(word).map(slot));
        rm!(RedisModule_Free(places.cast()));
        several
    }
}

/// The refusal of a command that the server must not see, because its keys are in several hash slots.
///
/// # Safety
/// The context is live and locked, and the arguments are live.
pub(super) unsafe fn refusal_of(
    context: &Context,
    command: &[u8],
    args: &[*mut raw::RedisModuleString],
) -> Option<String> {
    if !must_look(args.len()) {
        return None;
    }
    // SAFETY: the caller guarantees that the context and the arguments are live. The string is made for this call and freed after it.
    unsafe {
        let ctx = context.as_ptr();
        let name = rm!(RedisModule_CreateString(
            ctx,
            command.as_ptr().cast(),
            command.len()
        ));
        let mut words: Words = iter::once(name).chain(args.iter().copied()).collect();
        let several = has_several(context, &mut words);
        rm!(RedisModule_FreeString(ctx, name));
        several.then(|| refusal::FOREIGN_KEYS.to_owned())
    }
}

fn differ(mut slots: impl Iterator<Item = u16>) -> bool {
    let first = slots.next();
    slots.any(|slot| Some(slot) != first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_differ() {
        for (slots, expected) in [
            (&[][..], false),
            (&[7], false),
            (&[7, 7, 7], false),
            (&[7, 7, 8], true),
            (&[0, 7], true),
        ] {
            assert_eq!(differ(slots.iter().copied()), expected, "{slots:?}");
        }
    }
}
