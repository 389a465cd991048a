//! [`Server`]: a running server.

use crate::builder::{self, Builder, Prepared};
use crate::guard::Guard;
use crate::ready::{self, Expected};
use crate::{Error, Result, answer};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long to wait after SHUTDOWN, and again after SIGTERM, before the next step.
const GRACE: Duration = Duration::from_secs(2);
/// The same for a server that keeps its data, which it must save first.
const GRACE_TO_SAVE: Duration = Duration::from_secs(30);

/// A private Redis server, which ends when this value is dropped.
///
/// ```no_run
/// use redgrease_embedded::Server;
///
/// let server = Server::start()?;
/// println!("connect to {}", server.url());
/// # Ok::<(), redgrease_embedded::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the server ends when this is dropped"]
pub struct Server {
    url: String,
    socket: PathBuf,
    dir: PathBuf,
    log: PathBuf,
    program: PathBuf,
    // Fields are dropped in this order: the process must end before its directory is removed.
    process: Process,
    runtime: Arc<TempDir>,
}

/// The server process and how to end it.
#[derive(Debug)]
struct Process {
    child: Child,
    socket: PathBuf,
    kept: bool,
    guard: Option<Guard>,
}

impl Server {
    /// Starts a server with the engine, on a unix socket. Its data are removed when it ends.
    ///
    /// # Errors
    /// The same as [`Builder::start`].
    pub fn start() -> Result<Self> {
        Self::builder().start()
    }

    /// Creates a [`Builder`] with the default options.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Creates a [`ClusterBuilder`](crate::ClusterBuilder): several servers that share the slots.
    pub fn cluster() -> crate::ClusterBuilder {
        crate::ClusterBuilder::new()
    }

    pub(crate) fn run(prepared: Prepared, runtime: Arc<TempDir>) -> Result<Self> {
        let Prepared {
            program,
            config,
            dir,
            socket,
            port,
            is_tls,
            kept,
            lock,
            start_timeout,
        } = prepared;
        let socket = socket.unwrap_or_else(|| runtime.path().join("redis.sock"));
        let log = dir.join("redis.log");
        let failed = |e| Error::io(format!("the log {} cannot be written", log.display()), e);
        let out = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(failed)?;
        let err = out.try_clone().map_err(failed)?;
        let child = Command::new(&program)
            .arg(&config)
            .stdin(lock.map_or_else(Stdio::null, Stdio::from))
            .stdout(out)
            .stderr(err)
            // Ctrl-C in a terminal must reach the program only, which decides when its server ends.
            .process_group(0)
            .spawn()
            .map_err(|e| Error::io(format!("{} could not be started", program.display()), e))?;
        let mut process = Process {
            child,
            socket: socket.clone(),
            kept,
            guard: None,
        };
        let grace = if kept { GRACE_TO_SAVE } else { GRACE };
        let guard = Guard::start(process.child.id(), Some(runtime.path()), grace)?;
        process.guard = Some(guard);
        let expected = Expected {
            socket: &socket,
            port,
            is_tls,
            log: &log,
            timeout: start_timeout,
        };
        ready::wait(&mut process.child, expected)?;
        let url = match port {
            Some(port) if is_tls => format!("rediss://127.0.0.1:{port}/"),
            Some(port) => format!("redis://127.0.0.1:{port}/"),
            None => builder::socket_url(&socket),
        };
        Ok(Server {
            url,
            socket,
            dir,
            log,
            program,
            process,
            runtime,
        })
    }

    /// The URL for clients: `redis://127.0.0.1:PORT/` if the server has a port, otherwise the URL of the
    /// unix socket (`redis+unix:///..`).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The unix socket, which the server has in any case.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The process id of the server.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// The server program, a `redis-server` or `valkey-server`.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The directory of the server's data and log.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The log file, which also contains all output of gears.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// The last `lines` lines of the log, for failure messages of tests.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        ready::last_lines(&self.log, lines)
    }

    /// Ends the server. A server with a data directory saves its data first.
    ///
    /// Dropping a `Server` does the same, and ignores errors.
    ///
    /// # Errors
    /// If the process cannot be ended, or the temporary directory cannot be removed.
    pub fn stop(mut self) -> Result<()> {
        self.process.end()?;
        let Server { runtime, .. } = self;
        // The directory of a node of a cluster belongs to the node, which may start again.
        let Some(runtime) = Arc::into_inner(runtime) else {
            return Ok(());
        };
        runtime
            .close()
            .map_err(|e| Error::io("the server's directory could not be removed", e))
    }

    /// Kills the server, like a power failure: it does not save its data. For tests of recovery.
    ///
    /// # Errors
    /// The same as [`stop`](Server::stop).
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()
    }

    /// Ends the server after it has saved its data, whatever its configuration says.
    pub(crate) fn save_and_stop(mut self) -> Result<()> {
        self.process.end_by("SHUTDOWN SAVE", GRACE_TO_SAVE)
    }

    /// Whether the server process runs. It may have ended by itself, or by a client that sent `SHUTDOWN`.
    pub fn is_running(&mut self) -> bool {
        !self.has_ended()
    }

    /// Whether the process has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended().unwrap_or(false)
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        self.process.signal(signal)
    }
}

impl Process {
    /// Ends the process with SHUTDOWN, then SIGTERM, then SIGKILL.
    fn end(&mut self) -> Result<()> {
        if self.kept {
            self.end_by("SHUTDOWN", GRACE_TO_SAVE)
        } else {
            self.end_by("SHUTDOWN NOSAVE", GRACE)
        }
    }

    fn end_by(&mut self, shutdown: &str, grace: Duration) -> Result<()> {
        if self.has_ended()? {
            return Ok(());
        }
        // A test may have stopped the process, which then obeys SIGKILL alone.
        let _ = self.signal(Signal::CONT);
        // A server that shuts down closes the connection without a reply; an error reply means that it
        // will not shut down.
        let reply = answer::ask_socket(&self.socket, shutdown);
        if !matches!(reply, Ok(answer::Answer::Refused(_))) && self.ends_within(grace)? {
            return Ok(());
        }
        let _ = self.signal(Signal::TERM);
        if self.ends_within(grace)? {
            Ok(())
        } else {
            self.kill()
        }
    }

    /// Sends a signal. The process was not waited for yet, so its id cannot belong to another process.
    fn signal(&self, signal: Signal) -> Result<()> {
        let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) else {
            return Ok(());
        };
        kill_process(pid, signal).map_err(|e| {
            Error::io(
                "the signal could not be sent to the server process",
                e.into(),
            )
        })
    }

    fn kill(&mut self) -> Result<()> {
        let failed = |e| Error::io("the server process could not be ended", e);
        self.child.kill().map_err(failed)?;
        self.child.wait().map_err(failed)?;
        self.guard = None;
        Ok(())
    }

    fn ends_within(&mut self, grace: Duration) -> Result<bool> {
        let deadline = Instant::now() + grace;
        loop {
            if self.has_ended()? {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether the process has ended. If so, its guard is dropped.
    fn has_ended(&mut self) -> Result<bool> {
        let status = self
            .child
            .try_wait()
            .map_err(|e| Error::io("the state of the server process could not be read", e))?;
        if status.is_some() {
            self.guard = None;
        }
        Ok(status.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // `drop` cannot report the error.
        let _ = self.end();
    }
}
