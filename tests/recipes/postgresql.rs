//! A private PostgreSQL in a temporary folder, which listens on a socket in that folder only.

use crate::common::eventually;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The user of a server that is started by root, which PostgreSQL refuses to run as.
const NOBODY: u32 = 65534;

pub(crate) struct PostgreSql {
    programs: PathBuf,
    dir: TempDir,
    server: Option<Child>,
}

impl PostgreSql {
    /// Needs the programs of PostgreSQL, and fails without them.
    pub(crate) fn start() -> PostgreSql {
        let dir = tempfile::Builder::new()
            .prefix("pg-")
            .tempdir_in("/tmp")
            .unwrap();
        if is_root(dir.path()) {
            chown(dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let programs = programs();
        let mut made = PostgreSql {
            programs,
            dir,
            server: None,
        };
        let made_files = made
            .command("initdb")
            .args([
                "--username=app",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
            ])
            .arg("--locale=C")
            .output()
            .unwrap();
        assert!(made_files.status.success(), "{made_files:?}");
        made.go_on();
        made
    }

    pub(crate) fn socket(&self) -> String {
        self.dir
            .path()
            .join(".s.PGSQL.5432")
            .to_string_lossy()
            .into_owned()
    }

    /// Starts the server. It ends if processes of the one before still hold their memory, and is started again.
    pub(crate) fn go_on(&mut self) {
        let socket = self.socket();
        eventually("PostgreSQL listens", || {
            let ended = |server: &mut Child| server.try_wait().unwrap().is_some();
            if self.server.as_mut().is_none_or(ended) {
                self.server = Some(self.spawn());
            }
            UnixStream::connect(&socket).is_ok()
        });
    }

    fn spawn(&self) -> Child {
        self.command("postgres")
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c"])
            .arg(format!(
                "unix_socket_directories={}",
                self.dir.path().display()
            ))
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Ends the server at once, as a crash of its machine would.
    pub(crate) fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
        // The processes of the server end a moment later, and the next one needs their memory.
        let socket = self.socket();
        let _ = std::fs::remove_file(&socket);
        let _ = std::fs::remove_file(format!("{socket}.lock"));
    }

    /// The command line that runs a program of PostgreSQL on the folder of the data. PostgreSQL refuses root, so another user runs it.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        // The user may lack the right to read the folder of the programs, as below /root: the capability gives it, and the bit
        // makes access(2) heed it.
        let mut command = if std::fs::metadata(self.dir.path()).unwrap().uid() == NOBODY {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .args([
                    "--inh-caps=+dac_override",
                    "--ambient-caps=+dac_override",
                    "--securebits=+no_setuid_fixup",
                ])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .arg("-D")
            .arg(self.dir.path().join("data"))
            .current_dir(self.dir.path());
        command
    }
}

impl Drop for PostgreSql {
    fn drop(&mut self) {
        self.stop();
    }
}

fn is_root(own: &Path) -> bool {
    std::fs::metadata(own).unwrap().uid() == 0
}

/// The folder with `initdb` and `postgres`: that of a Debian package, of `pg_config`, one on `PATH`, or the one that
/// `cargo xtask test` fetched.
fn programs() -> PathBuf {
    let of_debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let of_debian = of_debian.flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The target directory has the folder of temporary files.
    let fetched = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("servers/postgresql/bin");
    of_debian
        .chain(configured())
        .chain(std::env::split_paths(&path))
        .chain([fetched])
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .expect(
            "PostgreSQL was not found: on Debian and Ubuntu `cargo xtask test` fetches it into the target directory; \
             elsewhere install it, and put the folder of initdb on PATH",
        )
}

/// The folder that `pg_config` names.
fn configured() -> Option<PathBuf> {
    let said = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(said.stdout).ok()?;
    Some(folder.trim().into())
}
