//! The holder of the lock: a server, and the installer that it runs. The holder writes it into the file of the lock, so that a
//! server that waits can name it.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process;

/// A server that installs packages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Holder {
    /// The machine, since it was started, and the container. Numbers of processes mean nothing in another one.
    place: String,
    server: u32,
    /// The process group of the installer that runs.
    installer: Option<u32>,
}

impl Holder {
    pub(super) fn this_server(installer: Option<u32>) -> Self {
        Self {
            place: place(),
            server: process::id(),
            installer,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        Some(Self {
            place: words.next()?.to_owned(),
            server: words.next()?.parse().ok()?,
            installer: words.next().and_then(|word| word.parse().ok()),
        })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.server)?;
        match self.installer {
            Some(group) => writeln!(f, " {group}"),
            None => writeln!(f),
        }
    }
}

/// The line of the log of a server that waits for the lock in the file `path`.
pub(super) fn waiting_for(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let known = Holder::read(&text).map_or_else(
        || {
            format!(
                "find the process that holds {} (`fuser {0}`)",
                path.display()
            )
        },
        |holder| told(&holder),
    );
    format!("requirements: waiting for another installation to finish: {known}")
}

fn told(holder: &Holder) -> String {
    let server = holder.server;
    if holder.place != place() {
        return format!(
            "process {server} of another container or machine installs; if it hangs, see the log of that server"
        );
    }
    let whose = if server == process::id() {
        "this server installs packages of another script".to_owned()
    } else {
        format!("the server with process {server} installs")
    };
    match holder.installer {
        Some(group) => {
            format!("{whose}; if that hangs, end its installer with `kill -9 -- -{group}`")
        }
        None => whose,
    }
}

/// The start of the machine, and the namespace of processes.
fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{}/{}", boot.trim(), namespace.display())
}

#[cfg(test)]
mod tests {
    use super::{Holder, told, waiting_for};
    use std::fs;
    use tempfile::TempDir;

    #[test]
    fn a_holder_is_read_as_it_was_written() {
        for installer in [None, Some(7)] {
            let holder = Holder::this_server(installer);
            assert_eq!(Holder::read(&holder.to_string()), Some(holder));
        }
        for other in ["", "x", "x y", "\0"] {
            assert_eq!(Holder::read(other), None, "{other:?}");
        }
    }

    #[test]
    fn the_line_names_the_holder_and_the_remedy() {
        let here = Holder::this_server(Some(77));
        assert!(told(&here).starts_with("this server installs packages of another script"));
        let other = Holder { server: 1, ..here };
        let line = told(&other);
        assert!(
            line.starts_with("the server with process 1 installs"),
            "{line}"
        );
        assert!(line.ends_with("`kill -9 -- -77`"), "{line}");
        let elsewhere = Holder {
            place: "x".to_owned(),
            ..other
        };
        let line = told(&elsewhere);
        assert!(line.starts_with("process 1 of another container"), "{line}");
        assert!(
            !line.contains("kill"),
            "the number is that of another process here"
        );
    }

    #[test]
    fn a_holder_of_an_older_engine_can_be_found() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("install.lock");
        fs::write(&file, "").unwrap();
        assert!(waiting_for(&file).contains("(`fuser /"));
    }
}
