//! Libraries that an unpacked program needs and the machine lacks.

use super::find;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The dynamic loader of the machine.
pub(super) fn machine_loader() -> Option<PathBuf> {
    ["/lib64", "/lib"]
        .into_iter()
        .find_map(|folder| find(Path::new(folder), &is_loader))
}

/// Whether a file is the dynamic loader, such as `ld-linux-x86-64.so.2`.
pub(super) fn is_loader(file: &str) -> bool {
    file.starts_with("ld-linux")
}

/// Links the libraries that a program needs and the machine lacks from `root` into `added`. Returns whether the program has
/// all libraries then.
pub(super) fn add_missing(
    loader: &Path,
    program: &Path,
    root: &Path,
    added: &Path,
) -> io::Result<bool> {
    fs::create_dir_all(added)?;
    // A library that is added may need other libraries.
    loop {
        // With `--list` the loader stops at the first library that is missing.
        let mut list = Command::new(loader);
        list.env("LD_TRACE_LOADED_OBJECTS", "1");
        list.arg("--library-path").arg(added);
        let listed = list.arg(program).output()?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let missing: Vec<&str> = missing_in(&listed).collect();
        if missing.is_empty() {
            return Ok(true);
        }
        for name in missing {
            let library = find(root, &|file| file == name).filter(|_| !added.join(name).exists());
            let Some(library) = library else {
                return Ok(false);
            };
            symlink(library, added.join(name))?;
        }
    }
}

/// The names in lines such as `liblzf.so.1 => not found`.
fn missing_in(listed: &str) -> impl Iterator<Item = &str> {
    listed
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" => not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that needs a library which no machine has, made with the compiler of the machine.
    #[test]
    fn a_missing_library_is_added() {
        let (Some(loader), Ok(compiler)) = (machine_loader(), crate::setup::compiler()) else {
            return;
        };
        let dir = std::env::temp_dir().join(format!("redgrease-libraries-{}", std::process::id()));
        let (root, added) = (dir.join("root"), dir.join("added"));
        fs::create_dir_all(&root).unwrap();
        fs::write(dir.join("a.c"), "int nowhere(void) { return 0; }").unwrap();
        fs::write(
            dir.join("b.c"),
            "int nowhere(void); int main(void) { return nowhere(); }",
        )
        .unwrap();
        let compile = |words: &[&str]| {
            let mut cc = Command::new(compiler);
            assert!(cc.current_dir(&dir).args(words).status().unwrap().success());
        };
        compile(&[
            "-shared",
            "-o",
            "root/libnowhere.so.1",
            "a.c",
            "-Wl,-soname,libnowhere.so.1",
        ]);
        compile(&["-o", "program", "b.c", "root/libnowhere.so.1"]);
        let program = dir.join("program");
        let runs = || {
            let mut run = Command::new(&program);
            run.env("LD_LIBRARY_PATH", &added);
            crate::steps::succeeds(&mut run)
        };
        assert!(!runs());
        assert!(add_missing(&loader, &program, &root, &added).unwrap());
        assert!(runs());
        // The package has no such library.
        fs::remove_dir_all(&added).unwrap();
        assert!(!add_missing(&loader, &program, &dir.join("added"), &added).unwrap());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn missing_libraries_are_found_in_the_list() {
        let listed = "\tlinux-vdso.so.1 (0x00007)\n\tliblzf.so.1 => not found\n\
                      \tlibc.so.6 => /lib/libc.so.6 (0x00007)\n";
        assert_eq!(missing_in(listed).collect::<Vec<_>>(), ["liblzf.so.1"]);
    }
}
