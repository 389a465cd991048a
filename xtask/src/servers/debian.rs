//! Servers in packages of Debian, also of another release than the machine's.
//!
//! The package is unpacked with everything that it depends on, and is not installed. apt reads the mirror from the machine's own
//! configuration, and keeps its lists and downloads in a folder of the target directory.

use super::{does_not_run, find, runs, write_script};
use crate::shell::quoted;
use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package of a Debian release. The program has the package's name.
#[derive(Debug)]
pub(super) struct Debian {
    pub(super) release: &'static str,
    pub(super) package: &'static str,
}

impl Debian {
    /// The path of the program or of a script that starts it. The package is downloaded once.
    pub(super) fn server(&self, name: &str) -> Outcome<PathBuf> {
        let dir = workspace::target()?
            .join("servers")
            .join(format!("debian-{}-{}", self.release, self.package));
        if !dir.is_dir() {
            self.unpack(name, &dir)?;
        }
        let program = dir.join("root/usr/bin").join(self.package);
        if !program.is_file() {
            return Err(Failed::new(format!(
                "{} was not found: remove {} and run this command again",
                program.display(),
                dir.display()
            )));
        }
        if runs(&program) {
            return Ok(program);
        }
        let failed = |e| Failed::file(&dir, "changed", &e);
        for script in [
            self.with_missing_libraries(&dir).map_err(failed)?,
            self.with_own_libraries(&dir).map_err(failed)?,
        ] {
            if script.as_deref().is_some_and(runs) {
                return Ok(script.unwrap_or(program));
            }
        }
        Err(does_not_run(&program, &dir))
    }

    fn unpack(&self, name: &str, dir: &Path) -> Outcome {
        let mirror = mirror()?;
        let headline = format!("fetching {name} for the tests");
        // Unpacked under a temporary name, so that an interrupted download is not mistaken for a complete one.
        let unfinished = dir.with_extension("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        let failed = |e: io::Error| Failed::file(dir, "created", &e);
        let apt = unfinished.join("apt");
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(apt.join(folder)).map_err(failed)?;
        }
        let sources = format!("deb {mirror} {} main\n", self.release);
        fs::write(apt.join("sources.list"), sources).map_err(failed)?;
        // No package counts as installed, so that all dependencies are downloaded, libc among them.
        fs::write(apt.join("status"), "").map_err(failed)?;
        steps::step(&headline, apt_get(&apt).arg("update"))?;
        let mut install = apt_get(&apt);
        install.args(["install", "--yes", "--download-only", self.package]);
        steps::step(&headline, &mut install)?;
        let root = unfinished.join("root");
        let archives = fs::read_dir(apt.join("cache/archives")).map_err(failed)?;
        for archive in archives.flatten().map(|entry| entry.path()) {
            if archive.extension().is_some_and(|end| end == "deb") {
                let mut unpack = Command::new("dpkg-deb");
                unpack.arg("--extract").arg(&archive).arg(&root);
                if !steps::succeeds(&mut unpack) {
                    return Err(Failed::new(format!(
                        "{} could not be unpacked: install dpkg-deb, free space on the disk, and run this command again",
                        archive.display()
                    )));
                }
            }
        }
        fs::remove_dir_all(&apt).map_err(failed)?;
        fs::rename(&unfinished, dir).map_err(failed)
    }

    /// A script that adds the libraries that the machine lacks. `None` if the package has no counterpart of one of them.
    fn with_missing_libraries(&self, dir: &Path) -> io::Result<Option<PathBuf>> {
        let root = dir.join("root");
        let added = dir.join("added");
        fs::create_dir_all(&added)?;
        let Some(loader) = find(Path::new("/lib64"), &is_loader) else {
            return Ok(None);
        };
        let program = root.join("usr/bin").join(self.package);
        // A library that is added may need other libraries.
        loop {
            let mut list = Command::new(&loader);
            list.arg("--list").arg("--library-path").arg(&added);
            let listed = list.arg(&program).output()?;
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            let missing: Vec<&str> = missing_in(&listed).collect();
            if missing.is_empty() {
                break;
            }
            for name in missing {
                let library = find(&root.join("usr/lib"), &|file| file == name)
                    .filter(|_| !added.join(name).exists());
                let Some(library) = library else {
                    return Ok(None);
                };
                symlink(library, added.join(name))?;
            }
        }
        self.script(dir, &loader, &added).map(Some)
    }

    /// A script that starts the program with the libraries of its own release. Those must be newer than the machine's, because
    /// the engine and the machine's Python are loaded into the same process.
    fn with_own_libraries(&self, dir: &Path) -> io::Result<Option<PathBuf>> {
        let root = dir.join("root/usr");
        let libc = find(&root.join("lib"), &|file| file == "libc.so.6");
        let (Some(loader), Some(libc)) = (find(&root, &is_loader), libc) else {
            return Ok(None);
        };
        let libraries = libc.parent().unwrap_or(&root).to_owned();
        self.script(dir, &loader, &libraries).map(Some)
    }

    /// Names the libraries in an argument of the loader: a variable would reach the child processes of the server.
    fn script(&self, dir: &Path, loader: &Path, libraries: &Path) -> io::Result<PathBuf> {
        let script = dir.join("start-server");
        let text = format!(
            "#!/bin/sh\nexec {} --library-path {} --argv0 {} {} \"$@\"\n",
            quoted(loader),
            quoted(libraries),
            self.package,
            quoted(&dir.join("root/usr/bin").join(self.package)),
        );
        write_script(&script, &text)?;
        Ok(script)
    }
}

/// Whether a file is the dynamic loader, such as `ld-linux-x86-64.so.2`.
fn is_loader(file: &str) -> bool {
    file.starts_with("ld-linux")
}

/// The names in lines such as `liblzf.so.1 => not found`.
fn missing_in(listed: &str) -> impl Iterator<Item = &str> {
    listed
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" => not found"))
}

/// apt-get with its own lists and downloads, and without the machine's packages.
fn apt_get(apt: &Path) -> Command {
    let mut command = Command::new("apt-get");
    for (option, place) in [
        ("Dir::Etc::sourcelist", "sources.list"),
        ("Dir::State", "."),
        ("Dir::State::lists", "lists"),
        ("Dir::State::status", "status"),
        ("Dir::Cache", "cache"),
    ] {
        let setting = format!("{option}={}", apt.join(place).display());
        command.arg("-o").arg(setting);
    }
    for setting in [
        "Dir::Etc::sourceparts=/dev/null",
        "Dir::Etc::preferences=/dev/null",
        "Dir::Etc::preferencesparts=/dev/null",
        "APT::Install-Recommends=false",
        "APT::Sandbox::User=",
        "Debug::NoLocking=true",
    ] {
        command.args(["-o", setting]);
    }
    command.arg("--quiet=2");
    command
}

/// The address of the Debian mirror that the machine uses.
fn mirror() -> Outcome<String> {
    let mut targets = Command::new("apt-get");
    targets.args([
        "indextargets",
        "--format",
        "$(ORIGIN) $(CODENAME) $(REPO_URI)",
    ]);
    let listed = steps::output(&mut targets).unwrap_or_default();
    mirror_in(&listed).map(str::to_owned).ok_or_else(|| {
        Failed::new(
            "the packages of Debian cannot be fetched: apt has no list of a Debian mirror here; on Debian run `apt-get update`",
        )
    })
}

/// The address in lines of origin, code name and address. Updates have a code name with a dash.
fn mirror_in(listed: &str) -> Option<&str> {
    listed.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (origin, release, address) = (words.next()?, words.next()?, words.next()?);
        (origin == "Debian" && !release.contains('-')).then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_that_of_the_release() {
        let listed = "Debian bookworm-security http://a/debian-security/\n\
                      nodistro . http://b/\n\
                      Debian bookworm http://c/debian/\n";
        assert_eq!(mirror_in(listed), Some("http://c/debian/"));
        assert_eq!(mirror_in("Ubuntu noble http://d/ubuntu/"), None);
    }

    #[test]
    fn missing_libraries_are_found_in_the_list() {
        let listed = "\tlinux-vdso.so.1 (0x00007)\n\tliblzf.so.1 => not found\n\
                      \tlibc.so.6 => /lib/libc.so.6 (0x00007)\n";
        assert_eq!(missing_in(listed).collect::<Vec<_>>(), ["liblzf.so.1"]);
    }
}
