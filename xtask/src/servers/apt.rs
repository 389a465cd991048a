//! Downloads packages of Debian with everything that they depend on, and unpacks them. Nothing is installed.
//!
//! apt reads the mirror from the machine's own configuration, and keeps its lists and downloads in a folder of the target directory.

use crate::steps::{self, Failed, Outcome};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// A release of a distribution, and the address of its mirror.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Release {
    name: String,
    mirror: String,
}

impl Release {
    /// A release of Debian by its name, which may be another one than the machine's.
    pub(super) fn of_debian(name: &str) -> Outcome<Self> {
        let mirror = Self::of_machine(&["Debian"])?.mirror;
        let name = name.to_owned();
        Ok(Release { name, mirror })
    }

    /// The machine's own release, if it is one of these distributions.
    pub(super) fn of_machine(distributions: &[&str]) -> Outcome<Self> {
        let mut targets = Command::new("apt-get");
        targets.args([
            "indextargets",
            "--format",
            "$(ORIGIN) $(CODENAME) $(RELEASE) $(REPO_URI)",
        ]);
        let listed = steps::output(&mut targets).unwrap_or_default();
        release_in(&listed, distributions).ok_or_else(|| {
            Failed::new(format!(
                "the packages of {0} cannot be fetched: apt has no list of a {0} mirror here; on {0} run `apt-get update`",
                distributions.join(" or ")
            ))
        })
    }

    /// Unpacks a package with its dependencies, libc among them, into the folder `root` of `dir`.
    pub(super) fn unpack(&self, headline: &str, package: &str, dir: &Path) -> Outcome {
        // Unpacked under a temporary name, so that an interrupted download is not mistaken for a complete one.
        let unfinished = dir.with_extension("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        let failed = |e: io::Error| Failed::file(dir, "created", &e);
        let apt = unfinished.join("apt");
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(apt.join(folder)).map_err(failed)?;
        }
        let sources = format!("deb {} {} main\n", self.mirror, self.name);
        fs::write(apt.join("sources.list"), sources).map_err(failed)?;
        // No package counts as installed, so that all dependencies are downloaded, libc among them.
        fs::write(apt.join("status"), "").map_err(failed)?;
        steps::step(headline, apt_get(&apt).arg("update"))?;
        let mut install = apt_get(&apt);
        install.args(["install", "--yes", "--download-only", package]);
        steps::step(headline, &mut install)?;
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

/// The first release in lines of origin, code name, configured name and address. Updates have a name with a dash.
fn release_in(listed: &str, distributions: &[&str]) -> Option<Release> {
    listed.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (origin, name) = (words.next()?, words.next()?);
        let (configured, mirror) = (words.next()?, words.next()?);
        let is_release = !name.contains('-') && !configured.contains('-');
        (distributions.contains(&origin) && is_release).then(|| Release {
            name: name.to_owned(),
            mirror: mirror.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_that_of_the_release() {
        let listed = "Debian bookworm-security stable-security http://a/debian-security/\n\
                      nodistro . http://b/\n\
                      Docker bookworm bookworm http://e/\n\
                      Debian bookworm stable http://c/debian/\n";
        let found = release_in(listed, &["Debian"]).unwrap();
        assert_eq!(
            (&*found.name, &*found.mirror),
            ("bookworm", "http://c/debian/")
        );
        // The updates of Ubuntu have the code name of the release.
        let ubuntu =
            "Ubuntu noble noble-security http://f/ubuntu/\nUbuntu noble noble http://d/ubuntu/";
        assert_eq!(release_in(ubuntu, &["Debian"]), None);
        let found = release_in(ubuntu, &["Debian", "Ubuntu"]).unwrap();
        assert_eq!(
            (&*found.name, &*found.mirror),
            ("noble", "http://d/ubuntu/")
        );
    }
}
