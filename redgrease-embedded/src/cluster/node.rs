//! [`ClusterNode`]: one server of a cluster.

use super::ports;
use super::view::{self, View};
use crate::answer::{self, Answer};
use crate::builder::{self, Builder};
use crate::{Error, ErrorKind, Result, Server, ready};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How often another port is tried if a program takes the one that was free.
const TRIES: usize = 5;
/// How long a node may need for one command, such as the move of many keys.
const PATIENCE: Duration = Duration::from_secs(10);

/// One server of a [`Cluster`](crate::Cluster). Clones are the same server.
///
/// It can be stopped, killed, paused and started again; its address and its id stay the same. The server ends with its cluster.
#[derive(Debug, Clone)]
pub struct ClusterNode(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    builder: Builder,
    port: u16,
    url: String,
    id: String,
    dir: PathBuf,
    running: Mutex<Running>,
    /// It stays while the server does not run. The server is ended before.
    runtime: Arc<TempDir>,
}

#[derive(Debug)]
struct Running {
    server: Option<Server>,
    is_paused: bool,
    /// When the others have elected it on request.
    elected: Option<Instant>,
}

impl ClusterNode {
    /// Starts a server that has no part in a cluster yet, on this port or on a free one.
    pub(super) fn launch(builder: &Builder, wanted: Option<u16>) -> Result<Self> {
        let mut tries = if wanted.is_some() { TRIES } else { 1 };
        loop {
            let port = wanted.map_or_else(ports::free, Ok)?;
            let runtime = Arc::new(builder::socket_dir()?);
            let builder = builder.clone().port(port);
            match builder.clone().start_in(Arc::clone(&runtime)) {
                Ok(server) => return Self::of(server, builder, port, runtime),
                Err(e)
                    if tries < TRIES
                        && [ErrorKind::InUse, ErrorKind::ForeignServer].contains(&e.kind()) =>
                {
                    tries += 1;
                }
                Err(e) => return Err(e),
            }
        }
    }

    fn of(server: Server, builder: Builder, port: u16, runtime: Arc<TempDir>) -> Result<Self> {
        let mut node = Inner {
            builder,
            port,
            url: server.url().to_owned(),
            id: String::new(),
            dir: server.dir().to_owned(),
            running: Mutex::new(Running {
                server: Some(server),
                is_paused: false,
                elected: None,
            }),
            runtime,
        };
        node.id = node.text(&[b"CLUSTER", b"MYID"])?;
        node.prepare()?;
        Ok(ClusterNode(Arc::new(node)))
    }

    /// The URL for clients: `redis://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The port for clients, on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The id of the node in the cluster: 40 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub(super) fn elected(&self) -> Option<Instant> {
        self.0.running().elected
    }

    pub(super) fn set_elected(&self, at: Instant) {
        self.0.running().elected = Some(at);
    }

    /// The unix socket of the server.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.0.socket()
    }

    /// The directory of the server's data and log, which stays while the server does not run.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// The log file, which also contains all output of gears. A server that starts again goes on with it.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.dir().join("redis.log")
    }

    /// The last `lines` lines of the log, for failure messages of tests.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        ready::last_lines(&self.log_path(), lines)
    }

    /// The process id of the server; `None` if the server has ended.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.0.running().server.as_ref().map(Server::pid)
    }

    /// Whether the server answers: it has not ended, and is not paused.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let mut running = self.0.running();
        let is_there = |server: &mut Server| !server.has_ended();
        running.server.as_mut().is_some_and(is_there) && !running.is_paused
    }

    /// Ends the server after it has saved its data. Nothing happens if it does not run.
    ///
    /// # Errors
    /// If the process cannot be ended.
    pub fn stop(&self) -> Result<()> {
        self.0.take().map_or(Ok(()), Server::save_and_stop)
    }

    /// Kills the server, like a power failure: it does not save its data. Nothing happens if it does not run.
    ///
    /// # Errors
    /// If the process cannot be ended.
    pub fn kill(&self) -> Result<()> {
        self.0.take().map_or(Ok(()), Server::kill)
    }

    /// Starts a server again that has ended. Nothing happens if it runs.
    ///
    /// It takes part in the cluster again as soon as the other nodes notice it;
    /// [`Cluster::settle`](crate::Cluster::settle) waits for that.
    ///
    /// # Errors
    /// The same as [`Builder::start`].
    pub fn start(&self) -> Result<()> {
        let mut running = self.0.running();
        if running.server.is_none() {
            let runtime = Arc::clone(&self.0.runtime);
            running.server = Some(self.0.builder.clone().start_in(runtime)?);
            running.is_paused = false;
            drop(running);
            self.0.prepare()?;
        }
        Ok(())
    }

    /// Stops the process with SIGSTOP: its connections stay open, and nothing is answered.
    ///
    /// # Errors
    /// If the server does not run, or the signal cannot be sent.
    pub fn pause(&self) -> Result<()> {
        self.send(Signal::STOP)
    }

    /// Continues a server that was paused.
    ///
    /// # Errors
    /// If the server does not run, or the signal cannot be sent.
    pub fn resume(&self) -> Result<()> {
        self.send(Signal::CONT)
    }

    /// Sends a signal to the process: `signal(15)` is SIGTERM.
    ///
    /// # Errors
    /// If the server does not run, the signal cannot be sent, or there is no signal of this number.
    pub fn signal(&self, number: i32) -> Result<()> {
        let signal = Signal::from_named_raw(number).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidOption,
                format!("there is no signal {number}: see `kill -l` for the numbers"),
            )
        })?;
        self.send(signal)
    }

    fn send(&self, signal: Signal) -> Result<()> {
        let mut running = self.0.running();
        let server = running.server.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Cluster,
                format!(
                    "{} got no signal: it does not run, start it first",
                    self.0.name()
                ),
            )
        })?;
        server.signal(signal)?;
        if signal == Signal::STOP || signal == Signal::CONT {
            running.is_paused = signal == Signal::STOP;
        }
        Ok(())
    }

    /// Ends the server without saving, as its cluster ends.
    pub(super) fn end(&self) {
        drop(self.0.take());
    }

    pub(super) fn text(&self, words: &[&[u8]]) -> Result<String> {
        self.0.text(words)
    }

    pub(super) fn ask(&self, words: &[&[u8]]) -> Result<Answer> {
        self.0.ask(words)
    }

    /// Sends a command that is answered with a text, and ignores the text.
    pub(super) fn order(&self, command: &str) -> Result<()> {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        self.text(&words).map(drop)
    }

    /// The cluster as this node sees it.
    pub(super) fn view(&self) -> Result<View> {
        self.text(&[b"CLUSTER", b"NODES"])
            .map(|text| view::read(&text))
    }

    pub(super) fn name(&self) -> String {
        self.0.name()
    }
}

impl Inner {
    fn running(&self) -> MutexGuard<'_, Running> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have crashed, or another program may have killed it.
        if running.server.as_mut().is_some_and(Server::has_ended) {
            running.server = None;
        }
        running
    }

    fn take(&self) -> Option<Server> {
        let mut running = self.running();
        running.is_paused = false;
        running.server.take()
    }

    fn name(&self) -> String {
        format!("the node 127.0.0.1:{}", self.port)
    }

    fn socket(&self) -> PathBuf {
        self.runtime.path().join("redis.sock")
    }

    /// A master without slots stays a master. Servers before 7.0 do not know the setting, and refuse it.
    fn prepare(&self) -> Result<()> {
        self.ask_any(&[b"CONFIG", b"SET", b"cluster-allow-replica-migration", b"no"])
            .map(drop)
    }

    fn text(&self, words: &[&[u8]]) -> Result<String> {
        match self.ask(words)? {
            Answer::Text(text) => Ok(String::from_utf8_lossy(&text).into_owned()),
            other => Err(self.failed(words, &format!("it answered {other:?}"))),
        }
    }

    fn ask(&self, words: &[&[u8]]) -> Result<Answer> {
        match self.ask_any(words)? {
            Answer::Refused(why) => Err(self.failed(words, &why)),
            answer => Ok(answer),
        }
    }

    fn ask_any(&self, words: &[&[u8]]) -> Result<Answer> {
        answer::ask_socket_within(&self.socket(), PATIENCE, words)
            .map_err(|e| self.failed(words, &e.to_string()))
    }

    fn failed(&self, words: &[&[u8]], why: &str) -> Error {
        let shown: Vec<_> = words
            .iter()
            .take(4)
            .map(|word| String::from_utf8_lossy(word))
            .collect();
        let log = self.dir.join("redis.log");
        Error::new(
            ErrorKind::Cluster,
            format!(
                "{} did not carry out {} ({why}): look into its log {}",
                self.name(),
                shown.join(" "),
                log.display()
            ),
        )
    }
}
