//! Finds libclang and its headers.

use super::parts::Lack;
use crate::steps;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Searches the same places as the crate `clang-sys`, which loads the library.
pub(crate) fn find() -> Result<PathBuf, Lack> {
    if let Some(path) = env::var_os("LIBCLANG_PATH").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        let found = if path.is_file() {
            Some(path.clone())
        } else {
            library_in(&path)
        };
        return found.ok_or_else(|| {
            let path = path.display();
            Lack::Misnamed(format!(
                "LIBCLANG_PATH is {path}, which contains no libclang"
            ))
        });
    }
    let libraries: Vec<PathBuf> = directories()
        .iter()
        .filter_map(|dir| library_in(dir))
        .collect();
    if libraries.is_empty() {
        let reason = "no libclang in the usual places, and no LIBCLANG_PATH";
        return Err(Lack::Missing(reason.to_owned()));
    }
    libraries
        .into_iter()
        .find(|library| has_headers(library))
        .ok_or_else(|| {
            Lack::Missing("libclang was found without its headers (stddef.h)".to_owned())
        })
}

fn directories() -> Vec<PathBuf> {
    let told = steps::output(Command::new("llvm-config").arg("--libdir")).map(PathBuf::from);
    let versions = ["/usr/lib", "/usr/lib64", "/usr/local"]
        .into_iter()
        .flat_map(|parent| {
            let mut versions: Vec<PathBuf> = entries(Path::new(parent), "llvm")
                .map(|dir| dir.join("lib"))
                .collect();
            versions.sort();
            versions.reverse();
            versions
        });
    let usual = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/usr/local/lib",
        "/opt/homebrew/opt/llvm/lib",
        "/usr/local/opt/llvm/lib",
        "/Library/Developer/CommandLineTools/usr/lib",
        "/Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib",
    ];
    told.into_iter()
        .chain(versions)
        .chain(usual.map(PathBuf::from))
        .collect()
}

fn library_in(dir: &Path) -> Option<PathBuf> {
    entries(dir, "libclang").find(|path| {
        path.is_file() && is_libclang(&path.file_name().unwrap_or_default().to_string_lossy())
    })
}

/// Whether a file is the C interface, such as `libclang.so`, `libclang-14.so.1` or
/// `libclang.dylib`, and not `libclang-cpp`.
fn is_libclang(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("libclang") else {
        return false;
    };
    let version = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    let kind = rest.trim_matches(version);
    rest.starts_with(version) && (kind == "so" || kind == "dylib")
}

/// Whether the compiler's headers are in `lib/clang/VERSION/include`.
fn has_headers(library: &Path) -> bool {
    if cfg!(target_os = "macos") {
        return true;
    }
    let library = library
        .canonicalize()
        .unwrap_or_else(|_| library.to_owned());
    let beside = library.parent().unwrap_or(Path::new("/")).to_owned();
    let llvm = entries(Path::new("/usr/lib"), "llvm").map(|dir| dir.join("lib"));
    [beside, "/usr/lib".into(), "/usr/lib64".into()]
        .into_iter()
        .chain(llvm)
        .flat_map(|dir| entries(&dir.join("clang"), "").collect::<Vec<_>>())
        .any(|version| version.join("include/stddef.h").is_file())
}

/// The entries of `dir` whose names begin with `prefix`; empty if `dir` cannot be read.
fn entries(dir: &Path, prefix: &'static str) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::is_libclang;

    #[test]
    fn the_c_interface_is_distinguished_from_other_files() {
        for name in [
            "libclang.so",
            "libclang.so.1",
            "libclang-14.so.1",
            "libclang.dylib",
        ] {
            assert!(is_libclang(name), "{name}");
        }
        for name in [
            "libclang-cpp.so.14",
            "libclangAST.a",
            "libclang.a",
            "libclang",
            "libc.so",
        ] {
            assert!(!is_libclang(name), "{name}");
        }
    }
}
