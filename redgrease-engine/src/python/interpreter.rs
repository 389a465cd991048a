//! Starts the interpreter inside the server's process. The interpreter is never stopped, because worker threads may run
//! code of extension modules that do not survive the end of the interpreter.

use super::{attach, errors, hold, large_requests, memory, namespace, reach};
use crate::redis::{Level, library_path, log};
use pyo3::prelude::*;
use pyo3::{PyResult, ffi};
use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The running interpreter.
#[derive(Debug, Clone)]
pub(crate) struct Interpreter {
    /// Major and minor version.
    pub(crate) version: (u8, u8),
    /// The program of the interpreter, which child processes such as pip run.
    pub(crate) executable: PathBuf,
    /// The shared library of the interpreter. Empty if it is unknown.
    pub(crate) library: PathBuf,
}

/// Starts Python and runs `install`, which makes the modules of the runtime importable. Called once, while the module
/// loads, on the server's main thread.
pub(crate) fn start(
    executable: Option<&Path>,
    install: fn(Python<'_>) -> PyResult<()>,
) -> Result<Interpreter, String> {
    static BEGUN: AtomicBool = AtomicBool::new(false);
    // SAFETY: the function may be called at any time.
    let runs = unsafe { ffi::Py_IsInitialized() } != 0;
    if BEGUN.swap(true, Ordering::Relaxed) || runs {
        return Err("could not start Python: it runs in this process already, since an attempt to load the engine that failed, or for another module: restart the server".to_owned());
    }
    stay_open();
    single_threaded_blas();
    share_symbols();
    memory::install();
    initialise(executable)?;
    // SAFETY: the thread that initialised the interpreter holds its lock, which is released below.
    let py = unsafe { Python::assume_attached() };
    let prepared = prepare(py, executable, install);
    attach::release_after_start();
    prepared.map_err(|raised| format!("starting Python failed: {raised}"))
}

/// Keeps OpenBLAS and OpenMP from starting thread pools, by limiting them to one thread.
///
/// The libraries join their pools when the process forks. A BGSAVE would hang the server while a gear uses a pool.
fn single_threaded_blas() {
    for name in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
        if std::env::var_os(name).is_none() {
            // SAFETY: no other thread of the engine runs while the module loads, and the background threads of the
            // server do not read the environment.
            unsafe { std::env::set_var(name, "1") };
        }
    }
}

/// Makes the symbols of libpython global. The server loads modules with private symbols, but extension modules of
/// Python, also those of the standard library, look for global ones.
fn share_symbols() {
    let shared = library().is_some_and(|name| {
        let flags = libc::RTLD_NOLOAD | libc::RTLD_NOW | libc::RTLD_GLOBAL;
        // SAFETY: the name is NUL-terminated. Opening a loaded library with NOLOAD only changes the visibility of its symbols.
        unsafe { !libc::dlopen(name.as_ptr(), flags).is_null() }
    });
    if !shared {
        log(
            Level::Warning,
            "libpython's symbols could not be shared: some packages will not load",
        );
    }
}

/// Keeps this library in the process, also if the server closes it because loading fails: Python has pointers to it.
fn stay_open() {
    let Ok(own) = CString::new(library_path()) else {
        return;
    };
    let flags = libc::RTLD_NOLOAD | libc::RTLD_NOW | libc::RTLD_NODELETE;
    // SAFETY: the name is NUL-terminated. The library is open, since this is its code.
    let _ = unsafe { libc::dlopen(own.as_ptr(), flags) };
}

/// The file name of libpython.
fn library() -> Option<&'static CStr> {
    // SAFETY: the address is that of a function of libpython, so the dynamic linker knows the file name, which lives as long as
    // the library. libpython is never closed.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        let address = (ffi::Py_InitializeFromConfig as *const ()).cast::<libc::c_void>();
        let known = libc::dladdr(address, &raw mut info) != 0 && !info.dli_fname.is_null();
        known.then(|| CStr::from_ptr(info.dli_fname))
    }
}

/// `PYMEM_ALLOCATOR_MALLOC` of Python: every object is a block of the C library.
const ALLOCATOR_MALLOC: c_int = 3;

fn initialise(executable: Option<&Path>) -> Result<(), String> {
    // SAFETY: functions of Python initialise the structures before they are read, and clear them afterwards. Each text
    // lives until the call that copies it has returned.
    unsafe {
        let mut pre: ffi::PyPreConfig = std::mem::zeroed();
        ffi::PyPreConfig_InitIsolatedConfig(&raw mut pre);
        pre.utf8_mode = 1;
        // An isolated Python ignores the environment. This variable is an exception: it lets tools that watch memory
        // see each object.
        if std::env::var_os("PYTHONMALLOC").is_some_and(|value| value == "malloc") {
            pre.allocator = ALLOCATOR_MALLOC;
        }
        check(ffi::Py_PreInitialize(&raw const pre))?;
        let mut config: ffi::PyConfig = std::mem::zeroed();
        ffi::PyConfig_InitIsolatedConfig(&raw mut config);
        config.install_signal_handlers = 0;
        config.site_import = 1;
        let set = executable
            .and_then(|path| CString::new(path.as_os_str().as_encoded_bytes()).ok())
            .map(|path| {
                let config = &raw mut config;
                check(ffi::PyConfig_SetBytesString(
                    config,
                    &raw mut (*config).executable,
                    path.as_ptr(),
                ))
            });
        let outcome = set
            .unwrap_or(Ok(()))
            .and_then(|()| check(ffi::Py_InitializeFromConfig(&raw const config)));
        ffi::PyConfig_Clear(&raw mut config);
        outcome
    }
}

/// Turns the status of a Python function into a result.
unsafe fn check(status: ffi::PyStatus) -> Result<(), String> {
    // SAFETY: only the status is read; its texts are static.
    unsafe {
        if ffi::PyStatus_Exception(status) == 0 {
            return Ok(());
        }
        let text = |pointer: *const c_char| {
            if pointer.is_null() {
                String::new()
            } else {
                CStr::from_ptr(pointer).to_string_lossy().into_owned()
            }
        };
        Err(format!(
            "starting Python failed: {}: is the Python this engine was built for still installed?",
            text(status.err_msg)
        ))
    }
}

/// Prepares a new interpreter for gears.
fn prepare(
    py: Python<'_>,
    executable: Option<&Path>,
    install: fn(Python<'_>) -> PyResult<()>,
) -> PyResult<Interpreter> {
    let sys = py.import("sys")?;
    // The longest time that a sync trigger waits for a gear in a tight loop, in seconds.
    sys.call_method1("setswitchinterval", (50e-6,))?;
    // `threading` takes the thread that imports it for the main thread.
    py.import("threading")?;
    let version = py.version_info();
    reach::set_version(version.minor);
    let executable = match executable {
        Some(path) => path.to_owned(),
        None => base_python(py)?,
    };
    sys.setattr("executable", executable.to_string_lossy().as_ref())?;
    install(py)?;
    large_requests::watch(py)?;
    let woken = namespace::runtime(py, "_woken")?;
    // The function of `signal` is not for gears.
    py.import("_signal")?
        .call_method1("signal", (hold::wake_with_signals(), woken))?;
    let _ = errors::GearsError::types(py);
    errors::format_exception(py)?;
    Ok(Interpreter {
        version: (version.major, version.minor),
        executable,
        library: library()
            .map(|name| PathBuf::from(OsStr::from_bytes(name.to_bytes())))
            .unwrap_or_default(),
    })
}

/// The program of the interpreter, in the directory of its installation.
fn base_python(py: Python<'_>) -> PyResult<PathBuf> {
    let prefix: PathBuf = py.import("sys")?.getattr("base_prefix")?.extract()?;
    let version = py.version_info();
    let bin = prefix.join("bin");
    let exact = bin.join(format!("python{}.{}", version.major, version.minor));
    Ok(if exact.exists() {
        exact
    } else {
        bin.join("python3")
    })
}

/// Makes the packages in a directory importable, in the versions that the directory has now.
pub(crate) fn use_packages(directory: &Path) {
    let outcome = attach::attached(|py| -> PyResult<Vec<String>> {
        namespace::runtime(py, "_use_packages")?
            .call1((directory.to_string_lossy().as_ref(),))?
            .extract()
    });
    let place = directory.display();
    match outcome {
        Ok(stuck) if stuck.is_empty() => {}
        Ok(stuck) => log(
            Level::Warning,
            &format!(
                "{} was replaced in {place} but is loaded already, and extension modules load once: restart the server to use the new version",
                stuck.join(", ")
            ),
        ),
        Err(raised) => {
            log(
                Level::Warning,
                &format!("packages in {place} cannot be imported: {raised}"),
            );
        }
    }
}
