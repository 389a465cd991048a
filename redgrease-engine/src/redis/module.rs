//! Loading the module.

use super::api::{ERR, OK};
use super::command::{Text, text};
use super::context::Context;
use super::listeners::{self, Listeners};
use super::log::{Level, log};
use super::raw;
use super::{
    client_database, cluster_bus, ending, info, key_moves, lock, main_thread, notification,
    persistence, server_events, several_slots, shard, timer_key,
};
use std::ffi::{OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr::NonNull;

/// The name and version that clients of RedisGears look for in `MODULE LIST`. The name and version of this engine stand
/// in `INFO`.
const NAME: &std::ffi::CStr = c"rg";
const VERSION: c_int = 10_213;

/// Tells the loader what this library was built for. The loader reads it in the file, before it opens the library: an engine for
/// another Python would end the server. The number of the interface stands for the type of `redgrease_engine_start`.
///
/// An exported name, because the linker removes what nothing names.
#[used]
#[unsafe(no_mangle)]
static REDGREASE_ENGINE_MARKER: [u8; MARKER_TEXT.len()] = {
    let mut bytes = [0; MARKER_TEXT.len()];
    bytes.copy_from_slice(MARKER_TEXT.as_bytes());
    bytes
};
const MARKER_TEXT: &str = concat!(
    "redgrease-engine interface=1 python=3.",
    env!("REDGREASE_PYTHON_MINOR"),
    " version=",
    env!("CARGO_PKG_VERSION"),
    ";"
);

/// Defines the functions that the server and the loader call by their names. `$listeners` is the table that all later
/// callbacks use. Expanded once, in the root of the crate: only the root knows the table.
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
            unsafe { crate::redis::load_module(context, arguments, count, None, $listeners) }
        }

        /// Called by the loader, which has opened the libpython of the Python whose program is `python`. The rest is as in
        /// `RedisModule_OnLoad`.
        ///
        /// # Safety
        /// As the loader calls it: with the context and the strings of the server, and a NUL-terminated path.
        #[allow(unsafe_code, reason = "the loader finds the function by its name")]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn redgrease_engine_start(
            context: *mut crate::redis::RedisModuleCtx,
            arguments: *mut *mut crate::redis::RedisModuleString,
            count: std::ffi::c_int,
            python: *const std::ffi::c_char,
        ) -> std::ffi::c_int {
            // SAFETY: passed on as the loader gave it.
            unsafe {
                let python = std::ptr::NonNull::new(python.cast_mut());
                crate::redis::load_module(context, arguments, count, python, $listeners)
            }
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
/// As the server calls `RedisModule_OnLoad`: a live context and `count` strings. `python` is a NUL-terminated path.
pub(crate) unsafe fn load_module(
    context: *mut raw::RedisModuleCtx,
    arguments: *mut *mut raw::RedisModuleString,
    count: c_int,
    python: Option<NonNull<c_char>>,
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
                "could not load the RedGrease engine: this server has a module `rg` already, which is this engine or RedisGears: load one of them, once per server",
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
    // SAFETY: the caller passes a NUL-terminated text, which lives through this call.
    let python = python.map(|python| unsafe {
        let bytes = std::ffi::CStr::from_ptr(python.as_ptr()).to_bytes();
        Path::new(OsStr::from_bytes(bytes))
    });
    match catch_unwind(AssertUnwindSafe(|| {
        load(&context, words, python, listeners)
    })) {
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
    python: Option<&Path>,
    listeners: &'static Listeners,
) -> Result<(), String> {
    lock::remember_base(context);
    ending::learn(context);
    several_slots::learn(context);
    main_thread::learn();
    client_database::learn(context);
    shard::learn(context);
    listeners::listen(listeners);
    // SAFETY: the server keeps the arguments until the module is loaded. The listener cannot keep them for longer: it is a
    // function for every lifetime.
    let arguments: Vec<Text<'_>> = words.iter().map(|&word| unsafe { text(word) }).collect();
    context.enter(|| (listeners.load)(context, &arguments, python))?;
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
    cluster_bus::listen(context);
    key_moves::watch(context);
    context.enter(|| (listeners.loaded)(context));
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
