//! The modules in the packages of Python's standard library, of all versions from 3.7 on.

use crate::nearest;

/// A package and the modules in it, without tests and those that begin with `_`. Sorted by name.
#[rustfmt::skip]
const MODULES: &[(&str, &str)] = &[
    ("asyncio", "base_events base_futures base_subprocess base_tasks constants coroutines events exceptions format_helpers futures graph locks log mixins proactor_events protocols queues runners selector_events sslproto staggered streams subprocess taskgroups tasks threads timeouts tools transports trsock unix_events windows_events windows_utils"),
    ("collections", "abc"),
    ("compression", "bz2 gzip lzma zlib zstd"),
    ("concurrent", "futures interpreters"),
    ("concurrent.futures", "interpreter process thread"),
    ("ctypes", "macholib util wintypes"),
    ("ctypes.macholib", "dyld dylib framework"),
    ("curses", "ascii has_key panel textpad"),
    ("dbm", "dumb gnu ndbm sqlite3"),
    ("email", "base64mime charset contentmanager encoders errors feedparser generator header headerregistry iterators message mime parser policy quoprimime utils"),
    ("email.mime", "application audio base image message multipart nonmultipart text"),
    ("html", "entities parser"),
    ("http", "client cookiejar cookies server"),
    ("importlib", "abc machinery metadata readers resources simple util"),
    ("importlib.metadata", "diagnose"),
    ("importlib.resources", "abc readers simple"),
    ("json", "decoder encoder scanner tool"),
    ("logging", "config handlers"),
    ("math", "integer"),
    ("multiprocessing", "connection context dummy forkserver heap managers pool popen_fork popen_forkserver popen_spawn_posix popen_spawn_win32 process queues reduction resource_sharer resource_tracker semaphore_tracker shared_memory sharedctypes spawn synchronize util"),
    ("multiprocessing.dummy", "connection"),
    ("os", "path"),
    ("pathlib", "types"),
    ("profiling", "sampling tracing"),
    ("pyexpat", "errors model"),
    ("sqlite3", "dbapi2 dump"),
    ("string", "templatelib"),
    ("sys", "monitoring"),
    ("tkinter", "colorchooser commondialog constants dialog dnd filedialog font fontchooser messagebox scrolledtext simpledialog systray tix ttk"),
    ("typing", "io re"),
    ("unittest", "async_case case loader main mock result runner signals suite util"),
    ("urllib", "error parse request response robotparser"),
    ("venv", "scripts"),
    ("venv.scripts", "common posix"),
    ("wsgiref", "handlers headers simple_server types util validate"),
    ("xml", "dom etree parsers sax"),
    ("xml.dom", "NodeFilter domreg expatbuilder minicompat minidom pulldom xmlbuilder"),
    ("xml.etree", "ElementInclude ElementPath ElementTree cElementTree"),
    ("xml.parsers", "expat"),
    ("xml.parsers.expat", "errors model"),
    ("xml.sax", "expatreader handler saxutils xmlreader"),
    ("xmlrpc", "client server"),
];

/// Packages that are not in the table, because they are large or because others add modules to them.
const NOT_LISTED: &[&str] = &[
    "distutils",
    "encodings",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "msilib",
    "pydoc_data",
    "test",
    "turtledemo",
];

/// The first part of a dotted name that does not exist: the package, and the word behind it. The first word is a module of the
/// standard library.
pub(crate) fn missing(name: &str) -> Option<(&str, &str)> {
    let first = name.split('.').next()?;
    if first.starts_with('_') || NOT_LISTED.contains(&first) {
        return None;
    }
    for (dot, _) in name.match_indices('.') {
        let (package, rest) = (&name[..dot], &name[dot + 1..]);
        let module = rest.split('.').next().unwrap_or_default();
        if module.starts_with('_') || module == "test" {
            return None;
        }
        if !modules(package).any(|known| known == module) {
            return Some((package, module));
        }
    }
    None
}

/// The module of a package that is likely meant.
pub(crate) fn similar(package: &str, module: &str) -> Option<&'static str> {
    nearest(module, modules(package))
}

fn modules(package: &str) -> impl Iterator<Item = &'static str> {
    let found = MODULES.binary_search_by_key(&package, |(name, _)| name);
    let modules = found.map_or("", |at| MODULES[at].1);
    modules.split_whitespace()
}

#[cfg(test)]
mod tests {
    use super::{MODULES, missing, similar};

    #[test]
    fn the_table_is_sorted() {
        assert!(MODULES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn modules_that_exist() {
        for name in [
            "os",
            "os.path",
            "xml.etree.ElementTree",
            "xml.etree.cElementTree",
            "collections.abc",
            "concurrent.futures",
            "concurrent.futures.thread",
            "importlib.metadata",
            "urllib.parse",
            "email.mime.text",
            "unittest.mock",
            "logging.handlers",
            "json._anything",
            "re._parser",
            "encodings.nosuch",
            "distutils.nosuch",
            "_pyrepl.main",
            "unittest.test.support",
            "compression.zstd",
            "typing.io",
        ] {
            assert_eq!(missing(name), None, "{name}");
        }
    }

    #[test]
    fn modules_that_do_not_exist() {
        for (name, package, module, meant) in [
            ("os.pth", "os", "pth", Some("path")),
            ("os.path.join", "os.path", "join", None),
            ("xml.nosuch", "xml", "nosuch", None),
            (
                "xml.etree.ElementTre",
                "xml.etree",
                "ElementTre",
                Some("ElementTree"),
            ),
            ("xml.nosuch.etree", "xml", "nosuch", None),
            ("urllib.prase", "urllib", "prase", Some("parse")),
            ("json.dumps", "json", "dumps", None),
            ("time.sleep", "time", "sleep", None),
        ] {
            assert_eq!(missing(name), Some((package, module)), "{name}");
            assert_eq!(similar(package, module), meant, "{name}");
        }
    }
}
