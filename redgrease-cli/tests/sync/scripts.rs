//! Directories of scripts, and what a server has of them.

use redgrease_core::{Con, GearsCommands as _, RegistrationInfo, SessionsOptions, connect};
use redgrease_embedded::Server;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A directory that is removed at the end.
pub(crate) struct Scripts(tempfile::TempDir);

impl Scripts {
    pub(crate) fn new() -> Self {
        Scripts(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn dir(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A script with one trigger that answers a text.
    pub(crate) fn trigger(&self, name: &str, trigger: &str, answer: &str) -> PathBuf {
        self.write(name, &trigger_script(trigger, answer))
    }

    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.0.path().join(name)).unwrap();
    }

    /// The key of a script in the index.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("/redgrease/scripts{}/{name}", self.dir())
    }
}

pub(crate) fn trigger_script(trigger: &str, answer: &str) -> String {
    format!(
        "GB('CommandReader').map(lambda x: '{answer}').register(trigger='{trigger}', mode='sync')\n"
    )
}

pub(crate) fn con(server: &Server) -> Con {
    connect(server.url()).unwrap()
}

/// The answer of a trigger, or the error.
pub(crate) fn call(con: &mut Con, trigger: &str) -> Result<String, String> {
    let answers: Vec<String> = con
        .trigger(trigger, &[] as &[&str])
        .map_err(|e| e.to_string())?;
    Ok(answers.concat())
}

/// The triggers that are registered, sorted.
pub(crate) fn triggers(con: &mut Con) -> Vec<String> {
    let rows = con.dump_registrations().unwrap();
    let mut triggers: Vec<String> = rows.iter().filter_map(RegistrationInfo::trigger).collect();
    triggers.sort();
    triggers
}

pub(crate) fn sessions(con: &mut Con) -> Vec<String> {
    let sessions = con.dump_sessions(&SessionsOptions::new()).unwrap();
    sessions.into_iter().map(|session| session.id).collect()
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
