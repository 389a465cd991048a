//! Taking commands of clients over, before the server looks at them.

use super::context::Context;
use super::listeners::listeners;
use super::lock;
use redis_module::raw;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// The command that hooked commands become: their own words follow.
pub(crate) const TAKEN_OVER: &str = "rg.innerhook";

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Looks at every command from now on. Not before the first hook: it costs a little per command.
pub(crate) fn look_at_commands(_: &Context) {
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: the base context belongs to the module and is never freed; the callback lives as
    // long as the process.
    unsafe {
        if let Some(register) = raw::RedisModule_RegisterCommandFilter {
            register(lock::base(), Some(on_command), 0);
        }
    }
}

/// The words of a command before it is run.
pub(crate) struct Words<'a> {
    raw: *mut raw::RedisModuleCommandFilterCtx,
    filter: PhantomData<&'a raw::RedisModuleCommandFilterCtx>,
}

impl Words<'_> {
    pub(crate) fn len(&self) -> usize {
        // SAFETY: lent by `on_command` while the filter context is live.
        let count = unsafe { rm!(RedisModule_CommandFilterArgsCount(self.raw)) };
        usize::try_from(count).unwrap_or(0)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        if index >= self.len() {
            return None;
        }
        let index = i32::try_from(index).ok()?;
        // SAFETY: as above; the index is in range, and the word lives as long as the context.
        let word = unsafe { rm!(RedisModule_CommandFilterArgGet(self.raw, index)) };
        // SAFETY: as above; the server does not change the words while a filter looks at them.
        (!word.is_null()).then(|| unsafe { super::command::text(word) }.bytes())
    }
}

unsafe extern "C" fn on_command(filter: *mut raw::RedisModuleCommandFilterCtx) {
    let Some(listeners) = listeners() else {
        return;
    };
    let words = Words {
        raw: filter,
        filter: PhantomData,
    };
    let taken = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the server runs filters on a thread that holds its lock.
        unsafe { lock::assume_locked(|context| (listeners.take_over)(context, &words)) }
    }));
    if !matches!(taken, Ok(true)) {
        return;
    }
    // SAFETY: the filter context is live; the string is given to the server, which frees it.
    unsafe {
        let name = rm!(RedisModule_CreateString(
            std::ptr::null_mut(),
            TAKEN_OVER.as_ptr().cast(),
            TAKEN_OVER.len()
        ));
        rm!(RedisModule_CommandFilterArgInsert(filter, 0, name));
    }
}
