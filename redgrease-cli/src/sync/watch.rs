//! `--watch`: goes on, and loads what changes.
//!
//! A notice of the file system is only a reason to look: the files are read as a whole, so that it does not matter how an
//! editor replaces them. Notices can be missing (a network disk, a directory that was made again): the files are read now and then
//! in any case.

use super::discover::{Found, Roots};
use super::ending;
use super::load::{self, Memory};
use super::run::{warn_about, warn_empty, warn_gone};
use super::settings::Settings;
use crate::app::{App, connect_to};
use crate::failure::{Failure, Kind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use redgrease_core::Con;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often the server is asked whether it is the same.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long a server that is gone is left alone.
const PAUSE: Duration = Duration::from_millis(250);
/// The pause between two readings of files that change.
const LEAST_PAUSE: Duration = Duration::from_millis(20);
const MOST_PAUSE: Duration = Duration::from_millis(200);
/// How often everything is compared without a reason.
const LOOK: Duration = Duration::from_secs(10);
/// The time that a command has to end after a signal.
const PATIENCE: Duration = Duration::from_secs(2);

/// What failures say if the server does not know the user or the password.
const REFUSED: &[&str] = &["WRONGPASS", "NOAUTH", "AuthenticationFailed"];
/// The codes of servers that will be ready.
const STARTING: &[&str] = &["BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN"];

enum Event {
    Changed,
    Stop,
}

/// Why a wait has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    Changed,
    Idle,
    Stop,
}

pub(super) fn run(
    app: &App,
    settings: &Settings,
    roots: &Roots,
    time: Duration,
) -> Result<(), Failure> {
    let (sender, events) = channel();
    end_on_signals(sender.clone(), settings.url.clone())?;
    let mut watcher = Watcher::new(app, roots, sender)?;
    let mut watch = Watch {
        app,
        settings,
        roots,
        time,
        events,
        con: None,
        process: None,
        complaint: None,
        gone: BTreeSet::new(),
        empty: BTreeSet::new(),
        is_first: true,
        memory: Memory::default(),
        last: None,
    };
    loop {
        watcher.follow(roots);
        let looked = Instant::now();
        let mut woken = match watch.load() {
            Ok(()) => Woken::Idle,
            // The server was busy with a script, which is aborted.
            Err(_) if ending::is_ending() => Woken::Stop,
            Err(failure) if watch.is_final(&failure) => return Err(failure),
            Err(failure) => watch.wait_for_server(&failure),
        };
        while watch.con.is_some()
            && woken == Woken::Idle
            && looked.elapsed() < LOOK
            && watch.has_same_server()
        {
            woken = watch.wait(HEARTBEAT);
            watcher.follow(roots);
        }
        if woken == Woken::Stop {
            app.out.note("ended; the scripts stay on the server");
            return Ok(());
        }
    }
}

struct Watch<'a> {
    app: &'a App,
    settings: &'a Settings,
    roots: &'a Roots,
    time: Duration,
    events: Receiver<Event>,
    con: Option<Con>,
    /// The process that answered last; `None` for a cluster, whose servers take turns.
    process: Option<String>,
    /// What was said about a server that does not answer.
    complaint: Option<String>,
    /// The directories that were said to be gone.
    gone: BTreeSet<PathBuf>,
    /// The scripts that were said to be empty.
    empty: BTreeSet<String>,
    is_first: bool,
    memory: Memory,
    /// The files as they were last.
    last: Option<Found>,
}

impl Watch<'_> {
    /// Makes the server equal to the files.
    fn load(&mut self) -> Result<(), Failure> {
        if self.con.is_none() {
            self.con = Some(connect_to(&self.settings.url)?);
        }
        self.meet()?;
        let Some(con) = &mut self.con else {
            return Ok(());
        };
        let found = settled(self.roots, self.settings, self.time, self.last.take());
        if self.is_first {
            warn_about(self.app, &found);
        }
        let compared = load::compare(con, self.settings, self.roots, found)?;
        let report = load::load(self.app, con, self.settings, &compared, &mut self.memory)?;
        if self.complaint.take().is_some() {
            self.app.out.note("the server answers again");
        }
        if self.is_first || report.is_worth_telling() {
            report.finish(self.app)?;
        }
        self.tell_gone(&compared.found);
        self.last = Some(compared.found);
        if std::mem::take(&mut self.is_first) {
            self.app.out.note(format_args!(
                "watching: changes are loaded within {} s; Ctrl-C ends",
                self.time.as_secs_f64()
            ));
        }
        Ok(())
    }

    /// Asks the server which process it is. Another one knows nothing of what has failed or run.
    fn meet(&mut self) -> Result<(), Failure> {
        let Some(con) = &mut self.con else {
            return Ok(());
        };
        let process = process(con)?;
        if process != self.process {
            self.memory = Memory::default();
            self.process = process;
        }
        Ok(())
    }

    fn has_same_server(&mut self) -> bool {
        let before = self.process.clone();
        self.meet().is_ok() && self.process == before
    }

    /// Whether to end with this failure. At the beginning, a server without gears, one that refuses the password, and one that is a
    /// replica are mistakes. Later they are moments.
    fn is_final(&self, failure: &Failure) -> bool {
        match failure.kind() {
            Kind::Usage | Kind::NoReader | Kind::Said => true,
            Kind::NoServer | Kind::Failed if !self.is_first => false,
            Kind::NoServer => is_refused(failure),
            Kind::Failed => !failure.code().is_some_and(|code| STARTING.contains(&code)),
        }
    }

    /// Says why nothing is done, once, and waits a little.
    fn wait_for_server(&mut self, failure: &Failure) -> Woken {
        self.con = None;
        let text = failure.to_string();
        if self.complaint.as_ref() != Some(&text) {
            log::warn!("{text}");
            if self.complaint.is_none() {
                self.app
                    .out
                    .warn(format_args!("{text}\nwaiting for the server ..."));
            } else if failure.code().is_some() || is_refused(failure) {
                // It is there, and says why it does not work.
                self.app.out.warn(&text);
            } else {
                self.app.out.detail(&text);
            }
            self.complaint = Some(text);
        }
        self.wait(PAUSE)
    }

    /// Waits for so long, or for a change and the end of the changes that follow it.
    fn wait(&self, time: Duration) -> Woken {
        match self.events.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => return Woken::Idle,
            Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return Woken::Stop,
            Ok(Event::Changed) => {}
        }
        // Half of the time without a change ends the wait, and the whole time does in any case.
        let (quiet, end) = (self.time / 2, Instant::now() + self.time.mul_f64(0.9));
        loop {
            let left = end.saturating_duration_since(Instant::now()).min(quiet);
            match self.events.recv_timeout(left) {
                Ok(Event::Changed) if Instant::now() < end => {}
                Ok(Event::Changed) | Err(RecvTimeoutError::Timeout) => return Woken::Changed,
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return Woken::Stop,
            }
        }
    }

    /// Says which directories are gone and which are back, and which scripts are empty.
    fn tell_gone(&mut self, found: &Found) {
        let now: BTreeSet<PathBuf> = found.gone.iter().cloned().collect();
        for path in now.difference(&self.gone) {
            warn_gone(self.app, path);
        }
        for path in self.gone.difference(&now) {
            self.app
                .out
                .note(format_args!("the directory {} is back", path.display()));
        }
        self.gone = now;
        for name in found.empty.difference(&self.empty) {
            warn_empty(self.app, name);
        }
        self.empty.clone_from(&found.empty);
    }
}

/// Reads the files until two readings are the same: a file that is being written is read in halves, and one that is being renamed
/// can be missed under both names. What changes all the time stays as the server has it.
fn settled(roots: &Roots, settings: &Settings, time: Duration, last: Option<Found>) -> Found {
    let pause = (time / 10).clamp(LEAST_PAUSE, MOST_PAUSE);
    let end = Instant::now() + time;
    let mut before = last;
    loop {
        let mut found = roots.scan(settings);
        if before.as_ref() == Some(&found) {
            return found;
        }
        if let Some(before) = before.filter(|_| Instant::now() > end) {
            found.leave_out_what_differs(&before);
            return found;
        }
        before = Some(found);
        std::thread::sleep(pause);
    }
}

/// Whether the server does not know the user or the password.
fn is_refused(failure: &Failure) -> bool {
    let text = failure.to_string();
    REFUSED.iter().any(|word| text.contains(word))
}

/// The process that answers; `None` for a cluster.
fn process(con: &mut Con) -> Result<Option<String>, Failure> {
    let info: String = redis::cmd("INFO").query(con)?;
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line[name.len()..].trim().to_owned())
    };
    let is_cluster = field("cluster_enabled:").is_some_and(|it| it == "1");
    Ok(field("run_id:").filter(|_| !is_cluster))
}

/// Ends the wait with SIGINT and SIGTERM, and the program if that takes too long.
fn end_on_signals(sender: Sender<Event>, url: String) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|error| {
        Failure::failed(format!(
            "signals cannot be received: {error}: leave --watch out"
        ))
    })?;
    std::thread::spawn(move || {
        for _ in signals.forever().take(1) {
            let _ = sender.send(Event::Stop);
        }
        std::thread::spawn(move || ending::abort(&url));
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end && signals.pending().next().is_none() {
            std::thread::sleep(PATIENCE / 40);
        }
        let _ = writeln!(
            std::io::stderr(),
            "ended while the server was busy with a script: look at it with `redgrease ps`"
        );
        std::process::exit(1);
    });
    Ok(())
}

/// Notices of the file system.
struct Watcher<'a> {
    app: &'a App,
    inner: RecommendedWatcher,
    /// The directories that are watched, and which ones they were: another one of the same name is watched again.
    watched: BTreeMap<PathBuf, (u64, u64)>,
    has_complained: bool,
}

impl<'a> Watcher<'a> {
    fn new(app: &'a App, roots: &Roots, sender: Sender<Event>) -> Result<Self, Failure> {
        let directories: Vec<PathBuf> = roots
            .iter()
            .map(|root| root.directory().to_owned())
            .collect();
        let inner = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let is_reason = event.map_or(true, |event| {
                let is_ours = |path: &PathBuf| {
                    directories
                        .iter()
                        .any(|directory| path.starts_with(directory) || directory.starts_with(path))
                };
                // Reading is no change, and this program reads.
                !matches!(event.kind, EventKind::Access(_))
                    && (event.need_rescan() || event.paths.iter().any(is_ours))
            });
            if is_reason {
                // Nobody waits any longer.
                let _ = sender.send(Event::Changed);
            }
        });
        Ok(Watcher {
            app,
            inner: inner.map_err(|error| {
                Failure::failed(format!(
                    "changes of files cannot be watched: {error}: raise the limit fs.inotify.max_user_instances, or leave --watch out"
                ))
            })?,
            watched: BTreeMap::new(),
            has_complained: false,
        })
    }

    /// Watches the directories that are there now, and those above them, in which they come and go.
    fn follow(&mut self, roots: &Roots) {
        let mut wanted: BTreeMap<&Path, bool> = BTreeMap::new();
        for root in roots.iter() {
            let directory = root.directory();
            *wanted.entry(directory).or_default() |= root.is_dir() && roots.is_recursive();
            if let Some(above) = directory.parent() {
                wanted.entry(above).or_default();
            }
        }
        let deep: Vec<&Path> = wanted
            .iter()
            .filter(|(_, deep)| **deep)
            .map(|(path, _)| *path)
            .collect();
        for (path, is_deep) in wanted {
            // A second watch would take the place of the deep one.
            if deep
                .iter()
                .any(|above| path != *above && path.starts_with(above))
            {
                continue;
            }
            let Ok(metadata) = std::fs::metadata(path) else {
                self.watched.remove(path);
                continue;
            };
            let identity = (metadata.dev(), metadata.ino());
            if self.watched.get(path) == Some(&identity) {
                continue;
            }
            // It fails for a directory that is gone.
            let _ = self.inner.unwatch(path);
            let mode = if is_deep {
                RecursiveMode::Recursive
            } else {
                RecursiveMode::NonRecursive
            };
            match self.inner.watch(path, mode) {
                Ok(()) => drop(self.watched.insert(path.to_owned(), identity)),
                Err(error) => self.complain(path, &error),
            }
        }
    }

    fn complain(&mut self, path: &Path, error: &notify::Error) {
        if !std::mem::replace(&mut self.has_complained, true) {
            self.app.out.warn(format_args!(
                "{} cannot be watched: {error}: its changes are loaded within {} s; raise the limit fs.inotify.max_user_watches",
                path.display(),
                LOOK.as_secs()
            ));
        }
    }
}
