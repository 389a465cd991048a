//! What the server calls, and the call of the engine.

use super::library::{self, Library};
use super::server::{Server, ServerString};
use crate::failure::Failure;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

const OK: c_int = 0;
const ERR: c_int = 1;

/// The name of the engine among the modules of a server. It is that of RedisGears, too.
const NAME: &CStr = c"rg";

/// `redgrease_engine_start` of an engine: a context, arguments and their number as the server gives them, and the program of the
/// chosen Python.
type Start = unsafe extern "C" fn(*mut c_void, *mut ServerString, c_int, *const c_char) -> c_int;

/// What is to be opened.
#[derive(Debug)]
pub(crate) struct Decision {
    /// The program of the chosen Python.
    pub(crate) program: PathBuf,
    /// Its minor version.
    pub(crate) minor: u32,
    pub(crate) libpython: PathBuf,
    /// The engine file.
    pub(crate) engine: PathBuf,
    /// Where the name and the value stand among the arguments that the engine must not see.
    pub(crate) without: Option<usize>,
}

/// Decides by the path of the loader and the arguments of the module.
pub(crate) type Decide = fn(&Path, &[&[u8]]) -> Result<Decision, Failure>;

/// Defines the functions that the server calls by their names. Expanded once, in the root of the crate: only the root knows who
/// decides.
macro_rules! entry_points {
    ($decide:expr) => {
        /// Called by the server when it loads the module.
        ///
        /// # Safety
        /// As the server calls it: a live context and `count` strings.
        #[allow(unsafe_code, reason = "the server finds the function by its name")]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn RedisModule_OnLoad(
            context: *mut std::ffi::c_void,
            arguments: *mut *mut std::ffi::c_void,
            count: std::ffi::c_int,
        ) -> std::ffi::c_int {
            // SAFETY: passed on as the server gave it.
            unsafe { crate::system::load_module(context, arguments, count, $decide) }
        }

        /// The engine cannot be taken out of a running process: always refused.
        #[allow(unsafe_code, reason = "the server finds the function by its name")]
        #[unsafe(no_mangle)]
        extern "C" fn RedisModule_OnUnload(_context: *mut std::ffi::c_void) -> std::ffi::c_int {
            crate::system::REFUSED
        }
    };
}

/// The answer of an entry point that refuses.
pub(crate) const REFUSED: c_int = ERR;

/// Loads the module.
///
/// # Safety
/// As the server calls `RedisModule_OnLoad`: a live context and `count` strings.
pub(crate) unsafe fn load_module(
    context: *mut c_void,
    arguments: *mut ServerString,
    count: c_int,
    decide: Decide,
) -> c_int {
    let Some(live) = NonNull::new(context) else {
        return ERR;
    };
    // SAFETY: the server calls this with a live context and `count` strings, or null if there are none.
    let (server, words) = unsafe {
        let Some(server) = Server::of(live) else {
            return ERR;
        };
        (
            server,
            match usize::try_from(count) {
                Ok(count) if !arguments.is_null() => std::slice::from_raw_parts(arguments, count),
                _ => &[],
            },
        )
    };
    match catch_unwind(AssertUnwindSafe(|| load(live, &server, words, decide))) {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => {
            server.warn(&failure.line());
            ERR
        }
        Err(_) => {
            server.warn("the RedGrease loader failed while loading: please report it");
            ERR
        }
    }
}

/// Loads the engine. Returns its answer to the server; it has written its own failure to the log.
fn load(
    context: NonNull<c_void>,
    server: &Server,
    words: &[ServerString],
    decide: Decide,
) -> Result<c_int, Failure> {
    if server.has_module(NAME) {
        return Err(Failure::new(
            "this server has a module `rg` already, which is this engine or RedisGears",
            "load one of them, once per server",
        ));
    }
    // SAFETY: the server keeps the arguments until the module is loaded.
    let texts: Vec<&[u8]> = words
        .iter()
        .map(|&word| unsafe { server.bytes(word) })
        .collect();
    let decision = decide(&own_file(), &texts)?;
    let libpython = open_python(&decision)?;
    let mut words = words.to_vec();
    if let Some(at) = decision.without {
        words.drain(at..at + 2);
    }
    let (engine, answer) = match open_engine(&decision) {
        Ok(engine) => {
            let answer = start(&engine, &decision, context, &mut words);
            (Some(engine), answer)
        }
        Err(failure) => (None, Err(failure)),
    };
    if !matches!(answer, Ok(OK)) && !library::python_was_started(&libpython) {
        // SAFETY: the engine has refused before it started Python, and it starts threads only behind that.
        unsafe {
            if let Some(engine) = engine {
                engine.close();
            }
            libpython.close();
        }
    }
    answer
}

/// Calls the engine.
fn start(
    engine: &Library,
    decision: &Decision,
    context: NonNull<c_void>,
    words: &mut [ServerString],
) -> Result<c_int, Failure> {
    let function = engine.function(c"redgrease_engine_start").ok_or_else(|| {
        Failure::new(
            "lacks the function redgrease_engine_start",
            "install the engine again",
        )
        .of(decision.engine.display())
    })?;
    let program = CString::new(decision.program.as_os_str().as_bytes()).unwrap_or_default();
    let count = c_int::try_from(words.len()).unwrap_or(0);
    // SAFETY: the marker of the engine has told the number of the interface, which fixes this type. The context and the strings
    // are those of the server, and the text lives through the call.
    Ok(unsafe {
        let start: Start = std::mem::transmute(function.as_ptr());
        start(
            context.as_ptr(),
            words.as_mut_ptr(),
            count,
            program.as_ptr(),
        )
    })
}

/// Opens the libpython of the chosen Python, with symbols that the engine and extension modules see.
fn open_python(decision: &Decision) -> Result<Library, Failure> {
    let path = &decision.libpython;
    let before = library::open_libpython();
    let same = |open: &PathBuf| super::canonical(open) == super::canonical(path);
    if let Some(other) = before.as_ref().filter(|open| !same(open)) {
        return Err(is_open(other));
    }
    let expected = format!("3.{}.", decision.minor);
    let libpython =
        Library::open(path, true).map_err(|text| not_opened(&text).of(path.display()))?;
    if library::python_was_started(&libpython) {
        return Err(is_open(path));
    }
    let version = library::python_version(&libpython);
    if version
        .as_ref()
        .is_some_and(|version| version.starts_with(&expected))
    {
        return Ok(libpython);
    }
    // SAFETY: nothing of it was called but the function that tells the version.
    unsafe { libpython.close() };
    let Some(version) = version else {
        return Err(Failure::new(
            "is no libpython",
            "install that Python again, or name another one with the module argument Python or the variable REDGREASE_PYTHON",
        )
        .of(path.display()));
    };
    Err(Failure::new(
        format!(
            "is the library of Python {}, and {} is Python 3.{}",
            version.split(' ').next().unwrap_or_default(),
            decision.program.display(),
            decision.minor
        ),
        "install that Python again, or name another one with the module argument Python or the variable REDGREASE_PYTHON",
    )
    .of(path.display()))
}

/// A process runs one Python, once. The one of an attempt that failed early may still be open, and is used again.
fn is_open(libpython: &Path) -> Failure {
    Failure::new(
        format!(
            "this process has opened {} already, for another module or in an attempt to load the engine that failed, and a process runs one Python",
            libpython.display()
        ),
        "restart the server with the right module arguments",
    )
}

fn open_engine(decision: &Decision) -> Result<Library, Failure> {
    let path = &decision.engine;
    Library::open(path, false).map_err(|text| not_opened(&text).of(path.display()))
}

/// The dynamic linker has refused a library. The reason begins with a verb.
fn not_opened(text: &str) -> Failure {
    if let Some(needed) = needed_c_library(text) {
        let here = library::c_library();
        return Failure::new(
            format!("needs glibc {needed}, and this machine has {here}"),
            format!(
                "use a system with glibc {needed} or newer (Debian 12, Ubuntu 22.04), or build the engine on this one"
            ),
        );
    }
    let remedy = if text.contains("failed to map segment") {
        "check that its file system is not mounted noexec, and that the server may use more memory"
    } else if text.contains("Permission denied") {
        "give the user of the server the right to read it"
    } else if text.contains("cannot open shared object file") {
        "install the library that is missing"
    } else {
        "install it again"
    };
    Failure::new(format!("cannot be opened ({text})"), remedy)
}

/// The version of glibc in a message such as ``version `GLIBC_2.38' not found``.
fn needed_c_library(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("version `GLIBC_")?;
    rest.split_once('\'').map(|(version, _)| version)
}

/// The file of this library.
fn own_file() -> PathBuf {
    let address = (load_module as *const ()).cast_mut().cast();
    NonNull::new(address)
        .and_then(library::file_of)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_about_glibc_tells_both_versions() {
        let text =
            "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.99' not found (required by /x.so)";
        let failure = not_opened(text);
        assert!(
            failure
                .reason
                .starts_with("needs glibc 2.99, and this machine has ")
        );
        assert!(failure.remedy.contains("2.99"));
    }

    #[test]
    fn the_remedy_fits_the_message_of_the_linker() {
        for (text, remedy) in [
            ("/x.so: failed to map segment from shared object", "noexec"),
            (
                "libz.so.1: cannot open shared object file: No such file or directory",
                "missing",
            ),
            (
                "/x.so: cannot open shared object file: Permission denied",
                "right to read",
            ),
            ("/x.so: undefined symbol: PyObject_Call", "again"),
        ] {
            let failure = not_opened(text);
            assert!(failure.remedy.contains(remedy), "{failure:?}");
            assert!(failure.reason.contains(text), "{failure:?}");
        }
    }

    #[test]
    fn the_own_file_is_known() {
        assert!(own_file().exists());
    }
}
