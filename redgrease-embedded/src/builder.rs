//! How a server is to be started.

use crate::config::Config;
use crate::{Error, ErrorKind, Result, Server, locate};
use std::ffi::OsString;
use std::fmt::Write;
use std::fs::{self, File, TryLockError};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A unix socket's path has 104 bytes on macOS, 108 on Linux, with a NUL at its end.
const LONGEST_SOCKET_PATH: usize = 103;

/// Says how a [`Server`] is to be started; made by [`Server::builder`].
///
/// ```no_run
/// use redgrease_embedded::Server;
///
/// let server = Server::builder()
///     .port(7001) // beside the unix socket, on loopback
///     .dir("data") // kept, and found again by the next start
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
}

/// Everything decided and written down: what is left is to run it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) program: PathBuf,
    pub(crate) config: PathBuf,
    /// The directory of the data, the configuration and the log.
    pub(crate) dir: PathBuf,
    pub(crate) socket: Option<PathBuf>,
    pub(crate) port: Option<u16>,
    /// Data and log stay when the server has ended.
    pub(crate) kept: bool,
    /// The claim on a directory that is kept. It becomes the standard input of the server: so it
    /// holds exactly as long as the server lives, whatever becomes of this process.
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
        }
    }

    /// Listens on this port of loopback as well, and [`Server::url`] names it.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Keeps the data in this directory, which is made if it is not there; the next server started
    /// with it has them again. Redis' own rules decide when they are saved, and so does
    /// [`Server::stop`].
    ///
    /// Without this call data are in a temporary directory and end with the server.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Starts this `redis-server` or `valkey-server`.
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

    /// Where the engine installs the packages its gears require.
    pub fn python_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.python_dir = Some(dir.into());
        self
    }

    /// Adds a line to the server's configuration: `server_arg("save", "60 1 300 10")`. The value is
    /// written as it is; later lines win over earlier ones and over ours.
    pub fn server_arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.server_args.push((name.into(), value.into()));
        self
    }

    /// Adds an argument for the engine: `module_arg("ExecutionThreads", "4")`.
    pub fn module_arg(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.module_args.push((name.into(), value.into()));
        self
    }

    /// How long the server may take until it answers; 30 seconds by default. Time in which it says
    /// that it loads its data does not count.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Errors
    /// `NoServerProgram` or `NoEngine` if something is not installed, `InUse` if the port or the
    /// directory belongs to another server, `Exited` or `TimedOut` with the last lines of the log.
    pub fn start(self) -> Result<Server> {
        let runtime = socket_dir()?;
        let socket = runtime.path().join("redis.sock");
        let temporary = self.dir.is_none().then(|| runtime.path().to_owned());
        let prepared = self.prepare(temporary, Some(socket))?;
        Server::run(prepared, runtime)
    }

    /// Turns this process into the server, with its log on standard output: for a program that
    /// does nothing else. A signal such as Ctrl-C then ends the server as it ends any Redis.
    ///
    /// Needs [`port`](Builder::port) and [`dir`](Builder::dir).
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

    /// Finds all parts and writes the configuration. The data go to `temporary`, or to `self.dir`.
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
        Ok(Prepared {
            program,
            config,
            dir,
            socket,
            port,
            kept,
            lock,
            start_timeout,
        })
    }

    /// What follows `loadmodule`: the library and its arguments.
    fn module(&self) -> Result<Vec<OsString>> {
        let engine = locate::engine(self.engine.clone())?;
        let mut module = vec![engine.clone().into_os_string()];
        for (name, value) in &self.module_args {
            module.extend([name.into(), value.clone()]);
        }
        let given = |wanted: &str| self.module_args.iter().any(|(name, _)| name == wanted);
        if !given("PythonInstallationDir")
            && let Some(dir) = locate::python_dir(self.python_dir.clone(), &engine)
        {
            module.extend(["PythonInstallationDir".into(), dir.into_os_string()]);
        }
        Ok(module)
    }

    fn config(
        &self,
        dir: &Path,
        kept: bool,
        socket: Option<&Path>,
        module: Option<&[OsString]>,
    ) -> Result<String> {
        let mut config = Config::default();
        config
            .line("port", &self.port.unwrap_or(0).to_string())?
            .line("bind", "127.0.0.1")?
            .line("daemonize", "no")?
            // Standard output, so that what the server prints while it fails is in the log too.
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

/// A directory that only we can enter, with a path short enough for a socket.
fn socket_dir() -> Result<tempfile::TempDir> {
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
                    "no temporary directory could be made in {}",
                    parent.display()
                ),
                e,
            )
        })
}

/// Makes the data directory and claims it.
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
                "the data directory {} is used by another server: end that one, or choose another \
                 directory",
                dir.display()
            ),
        )),
        Err(TryLockError::Error(e)) => Err(failed(e)),
    }
}

/// The URL of a unix socket, as redis-rs and others read it.
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
