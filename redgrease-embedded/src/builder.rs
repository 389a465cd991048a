//! [`Builder`]: the options of a server.

use crate::config::Config;
use crate::module::{self, Found};
use crate::tls::Tls;
use crate::{Error, ErrorKind, Result, Server, locate};
use std::ffi::OsString;
use std::fmt::Write;
use std::fs::{self, File, TryLockError};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// The path of a unix socket is limited to 104 bytes on macOS and 108 on Linux, including a NUL.
const LONGEST_SOCKET_PATH: usize = 103;

/// The options of a [`Server`]; created by [`Server::builder`].
///
/// ```no_run
/// use redgrease_embedded::Server;
///
/// let server = Server::builder()
///     .port(7001) // on loopback, in addition to the unix socket
///     .dir("data") // keeps the data for the next start
///     .module_arg("ExecutionThreads", "4")
///     .server_arg("appendonly", "yes")
///     .start()?;
/// # Ok::<(), redgrease_embedded::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `start`"]
pub struct Builder {
    port: Option<u16>,
    dir: Option<PathBuf>,
    server: Option<PathBuf>,
    engine: Option<PathBuf>,
    with_engine: bool,
    python_dir: Option<PathBuf>,
    server_args: Vec<(String, String)>,
    module_args: Vec<(String, OsString)>,
    start_timeout: Duration,
    tls: Option<Tls>,
}

/// A server that is ready to start: all parts are found, and the configuration is written.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) program: PathBuf,
    pub(crate) config: PathBuf,
    /// Directory of the data, the configuration and the log.
    pub(crate) dir: PathBuf,
    pub(crate) socket: Option<PathBuf>,
    pub(crate) port: Option<u16>,
    /// Whether the port speaks TLS.
    pub(crate) is_tls: bool,
    /// Whether data and log are kept after the server has ended.
    pub(crate) kept: bool,
    /// Lock on a data directory that is kept. It becomes the standard input of the server, so that
    /// the lock is held exactly as long as the server lives, even if this process ends first.
    pub(crate) lock: Option<File>,
    pub(crate) start_timeout: Duration,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder {
            port: None,
            dir: None,
            server: None,
            engine: None,
            with_engine: true,
            python_dir: None,
            server_args: Vec::new(),
            module_args: Vec::new(),
            start_timeout: Duration::from_secs(30),
            tls: None,
        }
    }

    /// Also listens on this port, on loopback only. [`Server::url`] then returns the URL of the port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Keeps the data in this directory for the next server that is started with it. The directory is
    /// created if necessary. Redis saves the data by its own rules, and when the server is stopped or
    /// dropped.
    ///
    /// By default the data are in a temporary directory, which is removed with the server.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Uses this `redis-server` or `valkey-server` program: a path, or a name on `PATH`.
    pub fn server(mut self, program: impl Into<PathBuf>) -> Self {
        self.server = Some(program.into());
        self
    }

    /// Loads this engine.
    pub fn engine(mut self, library: impl Into<PathBuf>) -> Self {
        self.engine = Some(library.into());
        self.with_engine = true;
        self
    }

    /// Starts a plain server, without the engine.
    pub fn without_engine(mut self) -> Self {
        self.with_engine = false;
        self
    }

    /// Sets the directory in which the engine installs the packages that gears require.
    pub fn python_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.python_dir = Some(dir.into());
        self
    }

    /// Adds a line to the server's configuration: `server_arg("save", "60 1 300 10")`. The value is
    /// not quoted. A later line overrides earlier lines and the defaults of this crate.
    pub fn server_arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.server_args.push((name.into(), value.into()));
        self
    }

    /// Adds an argument for the engine: `module_arg("ExecutionThreads", "4")`.
    pub fn module_arg(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.module_args.push((name.into(), value.into()));
        self
    }

    /// Sets how long to wait for the first reply of the server; the default is 30 seconds. The time in
    /// which the server reports that it loads its data does not count.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Starts the server and waits until it replies.
    ///
    /// # Errors
    /// - `NoServerProgram` or `NoEngine` if a part is not installed.
    /// - `InUse` if another server uses the port or the directory.
    /// - `Exited` or `TimedOut` if the server does not start; the error shows the end of its log.
    pub fn start(self) -> Result<Server> {
        self.start_in(Arc::new(socket_dir()?))
    }

    /// Starts the server with its socket in this directory, which is also its data directory if the options name none.
    pub(crate) fn start_in(self, runtime: Arc<TempDir>) -> Result<Server> {
        let socket = runtime.path().join("redis.sock");
        let temporary = self.dir.is_none().then(|| runtime.path().to_owned());
        let prepared = self.prepare(temporary, Some(socket))?;
        Server::run(prepared, runtime)
    }

    /// Adds lines to the server's configuration that the lines of the caller override.
    pub(crate) fn server_defaults(mut self, lines: &[(&str, &str)]) -> Self {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        self.server_args.splice(0..0, lines.iter().map(owned));
        self
    }

    /// The server speaks TLS on its port.
    pub(crate) fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    pub(crate) fn patience(&self) -> Duration {
        self.start_timeout
    }

    /// Replaces this process by the server, with the log on standard output. Signals such as Ctrl-C
    /// then go to the server.
    ///
    /// Requires [`port`](Builder::port) and [`dir`](Builder::dir).
    #[must_use = "this returns only if it failed"]
    pub fn become_server(self) -> Error {
        if self.port.is_none() || self.dir.is_none() {
            return Error::new(
                ErrorKind::InvalidOption,
                "a server that replaces this process needs a port and a data directory: call \
                 Builder::port and Builder::dir",
            );
        }
        match self.prepare(None, None) {
            Ok(prepared) => {
                let failed = Command::new(&prepared.program)
                    .arg(&prepared.config)
                    .stdin(prepared.lock.map_or_else(Stdio::null, Stdio::from))
                    .exec();
                Error::io(
                    format!("{} could not be started", prepared.program.display()),
                    failed,
                )
            }
            Err(error) => error,
        }
    }

    /// Finds all parts and writes the configuration. The data directory is `temporary`, or `self.dir`
    /// if that is `None`.
    fn prepare(self, temporary: Option<PathBuf>, socket: Option<PathBuf>) -> Result<Prepared> {
        let program = locate::server(self.server.clone())?;
        let module = if self.with_engine {
            Some(self.module()?)
        } else {
            None
        };
        let kept = temporary.is_none();
        let (dir, lock) = match (temporary, &self.dir) {
            (Some(dir), _) => (dir, None),
            (None, dir) => {
                let (dir, lock) = data_dir(dir.as_deref().unwrap_or(Path::new(".")))?;
                (dir, Some(lock))
            }
        };
        let config = dir.join("redgrease.conf");
        let text = self.config(&dir, kept, socket.as_deref(), module.as_deref())?;
        fs::write(&config, text)
            .map_err(|e| Error::io(format!("{} could not be written", config.display()), e))?;
        let (port, start_timeout) = (self.port, self.start_timeout);
        let is_tls = self.tls.is_some();
        Ok(Prepared {
            program,
            config,
            dir,
            socket,
            port,
            is_tls,
            kept,
            lock,
            start_timeout,
        })
    }

    /// The arguments of `loadmodule`.
    fn module(&self) -> Result<Vec<OsString>> {
        let engine = locate::engine(self.engine.clone(), module::python(&self.module_args))?;
        let packages = locate::packages(self.python_dir.clone(), &engine.library);
        let environment_decides = locate::names_python();
        let found = Found {
            engine,
            packages,
            environment_decides,
        };
        Ok(module::words(found, &self.module_args))
    }

    fn config(
        &self,
        dir: &Path,
        kept: bool,
        socket: Option<&Path>,
        module: Option<&[OsString]>,
    ) -> Result<String> {
        let mut config = Config::default();
        let port = self.port.unwrap_or(0);
        let plain_port = match &self.tls {
            Some(tls) => {
                tls.write(port, &mut config)?;
                0
            }
            None => port,
        };
        config
            .line("port", &plain_port.to_string())?
            .line("bind", "127.0.0.1")?
            .line("daemonize", "no")?
            // Log to standard output, which goes to the log file together with all other output.
            .line("logfile", "\"\"")?
            .path("dir", dir);
        if let Some(socket) = socket {
            config
                .path("unixsocket", socket)
                .line("unixsocketperm", "700")?;
        }
        if !kept {
            config.line("save", "\"\"")?;
        }
        if let Some(module) = module {
            config.quoted("loadmodule", module.iter().map(|value| value.as_bytes()));
        }
        for (name, value) in &self.server_args {
            config.line(name, value)?;
        }
        Ok(config.as_str().to_owned())
    }
}

/// Creates a directory that only the current user can enter, with a path short enough for a socket.
pub(crate) fn socket_dir() -> Result<TempDir> {
    let usual = std::env::temp_dir();
    // "/redgrease-XXXXXX/redis.sock"
    let fits = usual.as_os_str().len() + 28 <= LONGEST_SOCKET_PATH;
    let parent = if fits && usual.is_absolute() {
        usual
    } else {
        PathBuf::from("/tmp")
    };
    tempfile::Builder::new()
        .prefix("redgrease-")
        .tempdir_in(&parent)
        .map_err(|e| {
            Error::io(
                format!(
                    "a temporary directory could not be created in {}",
                    parent.display()
                ),
                e,
            )
        })
}

/// Creates the data directory and locks it.
fn data_dir(dir: &Path) -> Result<(PathBuf, File)> {
    let failed = |e| {
        Error::io(
            format!("the data directory {} cannot be used", dir.display()),
            e,
        )
    };
    fs::create_dir_all(dir).map_err(failed)?;
    let dir = dir.canonicalize().map_err(failed)?;
    let lock = File::create(dir.join("redgrease.lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok((dir, lock)),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::InUse,
            format!(
                "the data directory {} is used by another server: end that server, or choose \
                 another directory",
                dir.display()
            ),
        )),
        Err(TryLockError::Error(e)) => Err(failed(e)),
    }
}

/// The URL of a unix socket, in the percent-encoded form that redis-rs and other clients accept.
pub(crate) fn socket_url(socket: &Path) -> String {
    let mut url = String::from("redis+unix://");
    for byte in socket.as_os_str().to_owned().into_vec() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                url.push(char::from(byte));
            }
            _ => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
    url
}
