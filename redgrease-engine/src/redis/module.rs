//! Loading the module.

use super::api::{ERR, OK};
use super::command::{Text, text};
use super::context::Context;
use super::listeners::{self, Listeners};
use super::log::{Level, log};
use super::raw;
use super::{
    ending, info, lock, main_thread, notification, persistence, server_events, shard, timer_key,
};
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// The name and version that clients of RedisGears look for in `MODULE LIST`. The name and version of this engine stand
/// in `INFO`.
const NAME: &std::ffi::CStr = c"rg";
const VERSION: c_int = 10_213;

/// Defines the two functions that the server calls by their names. `$listeners` is the table that all later callbacks
/// use. Expanded once, in the root of the crate: only the root knows the table.
macro_rules! entry_points {
    ($listeners:expr) => {
        /// Called by the server when it loads the module.
        ///
        /// # Safety
        /// As the server calls it: a live context and `count` strings.
        #[allow(unsafe_code, reason = "the server finds the function by its name")]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn RedisModule_OnLoad(
            context: *mut crate::redis::RedisModuleCtx,
            arguments: *mut *mut crate::redis::RedisModuleString,
            count: std::ffi::c_int,
        ) -> std::ffi::c_int {
            // SAFETY: passed on as the server gave it.
            unsafe { crate::redis::load_module(context, arguments, count, $listeners) }
        }

        /// The interpreter and the worker threads cannot be taken out of a running process: always refused.
        #[allow(unsafe_code, reason = "the server finds the function by its name")]
        #[unsafe(no_mangle)]
        extern "C" fn RedisModule_OnUnload(
            _context: *mut crate::redis::RedisModuleCtx,
        ) -> std::ffi::c_int {
            crate::redis::REFUSED
        }
    };
}

/// The answer of an entry point that refuses.
pub(crate) const REFUSED: c_int = ERR;

/// Loads the module: fills the table of listeners, calls [`Listeners::load`] and subscribes to the server's events.
///
/// # Safety
/// As the server calls `RedisModule_OnLoad`: a live context and `count` strings.
pub(crate) unsafe fn load_module(
    context: *mut raw::RedisModuleCtx,
    arguments: *mut *mut raw::RedisModuleString,
    count: c_int,
    listeners: &'static Listeners,
) -> c_int {
    let Some(live) = NonNull::new(context) else {
        return ERR;
    };
    // SAFETY: the server calls this with a live context, once, before any other function of the module. It passes `count`
    // strings, or null if there are none. No required function is called before `fill` has found all of them.
    let (context, words) = unsafe {
        let missing = raw::fill(context);
        if !missing.is_empty() {
            return refuse(&too_old(&missing));
        }
        if raw::RedisModule_IsModuleNameBusy.is_some_and(|is_busy| is_busy(NAME.as_ptr()) != 0) {
            return refuse(
                "a module named `rg` is loaded already, this engine or RedisGears: load one of them, once",
            );
        }
        let version = raw::REDISMODULE_APIVER_1;
        rm!(RedisModule_SetModuleAttribs(
            context,
            NAME.as_ptr(),
            VERSION,
            version
        ));
        (
            Context::new(live),
            match usize::try_from(count) {
                Ok(count) if !arguments.is_null() => std::slice::from_raw_parts(arguments, count),
                _ => &[],
            },
        )
    };
    match catch_unwind(AssertUnwindSafe(|| load(&context, words, listeners))) {
        Ok(Ok(())) => OK,
        Ok(Err(message)) => refuse(&message),
        Err(_) => refuse("the RedGrease engine failed while loading: please report it"),
    }
}

fn refuse(message: &str) -> c_int {
    log(Level::Warning, message);
    ERR
}

fn too_old(missing: &[&str]) -> String {
    format!(
        "this server is too old for the RedGrease engine, it lacks {}: use Redis 6.2 or newer",
        missing.join(", ")
    )
}

fn load(
    context: &Context,
    words: &[*mut raw::RedisModuleString],
    listeners: &'static Listeners,
) -> Result<(), String> {
    lock::remember_base(context);
    ending::learn(context);
    main_thread::learn();
    shard::remember();
    listeners::listen(listeners);
    // SAFETY: the server keeps the arguments until the module is loaded. The listener cannot keep them for longer: it is a
    // function for every lifetime.
    let arguments: Vec<Text<'_>> = words.iter().map(|&word| unsafe { text(word) }).collect();
    context.enter(|| (listeners.load)(context, &arguments))?;
    if !persistence::register(context) {
        return Err("the server refused the engine's data type: is it loaded twice?".to_owned());
    }
    if !timer_key::register(context) {
        log(
            Level::Warning,
            "the server refused the type of keys with time events: such keys cannot be made",
        );
    }
    server_events::subscribe(context);
    info::register(context);
    notification::subscribe(context);
    Ok(())
}

/// The file that this module was loaded from.
pub(crate) fn library_path() -> String {
    // SAFETY: the address is that of a function of this library. The file name that the loader gives is NUL-terminated, and
    // lives as long as the library.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        let address = (load_module as *const ()).cast::<c_void>();
        if libc::dladdr(address, &raw mut info) == 0 || info.dli_fname.is_null() {
            return String::new();
        }
        std::ffi::CStr::from_ptr(info.dli_fname)
            .to_string_lossy()
            .into_owned()
    }
}
