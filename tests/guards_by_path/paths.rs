//! The paths by which a gear runs.

use super::COMMANDS;
use super::common::{eventually, untyped};
use redgrease_embedded::Server;
use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// When a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    /// Under the guard, by a command of a client.
    Called,
    /// Under the guard, by a write of a client that causes an event. The guard may refuse the write.
    Event,
    /// Before the guard.
    Before,
    /// Before the guard; the block begins under it.
    Block,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    pub(crate) name: &'static str,
    pub(crate) begins: Begins,
    /// The commands that begin it. `#` is the number of the command of the gear.
    start: &'static [&'static [&'static str]],
}

const fn path(
    name: &'static str,
    begins: Begins,
    start: &'static [&'static [&'static str]],
) -> Path {
    Path {
        name,
        begins,
        start,
    }
}

pub(crate) const PATHS: &[Path] = &[
    path("sync", Begins::Called, &[&["RG.TRIGGER", "sync", "#"]]),
    path(
        "multi",
        Begins::Called,
        &[&["MULTI"], &["RG.TRIGGER", "multi", "#"], &["EXEC"]],
    ),
    path(
        "lua",
        Begins::Called,
        &[&[
            "EVAL",
            "return redis.call('RG.TRIGGER', 'lua', ARGV[1])",
            "0",
            "#",
        ]],
    ),
    path("hook", Begins::Called, &[&["STRLEN", "h:#"]]),
    path("event", Begins::Event, &[&["DEL", "event:#"]]),
    path("commands", Begins::Event, &[&["DEL", "commands:#"]]),
    path(
        "stream",
        Begins::Event,
        &[&["XADD", "stream:#", "*", "a", "b"]],
    ),
    path("async", Begins::Before, &[&["RG.TRIGGER", "async", "#"]]),
    path(
        "async_local",
        Begins::Before,
        &[&["RG.TRIGGER", "async_local", "#"]],
    ),
    path(
        "coroutine",
        Begins::Before,
        &[&["RG.TRIGGER", "coroutine:#", "#"]],
    ),
    path("task", Begins::Before, &[&["RG.TRIGGER", "task:#", "#"]]),
    path(
        "to_thread",
        Begins::Before,
        &[&["RG.TRIGGER", "to_thread", "#"]],
    ),
    path("thread", Begins::Before, &[&["RG.TRIGGER", "thread", "#"]]),
    path(
        "executor",
        Begins::Before,
        &[&["RG.TRIGGER", "executor", "#"]],
    ),
    path("future", Begins::Before, &[&["RG.TRIGGER", "future", "#"]]),
    path("hook_async", Begins::Before, &[&["HLEN", "h:#"]]),
    path(
        "event_async",
        Begins::Before,
        &[&["SET", "event_async:#", "v"]],
    ),
    path(
        "commands_async",
        Begins::Before,
        &[&["SET", "commands_async:#", "v"]],
    ),
    path(
        "stream_async",
        Begins::Before,
        &[&["XADD", "stream_async:#", "*", "a", "b"]],
    ),
    path("timer", Begins::Before, &[]),
    path("body", Begins::Before, &[&["RG.PYEXECUTE", "BODY"]]),
    path("run", Begins::Before, &[&["RG.PYEXECUTE", "RUN"]]),
    path("atomic", Begins::Block, &[&["RG.TRIGGER", "atomic", "#"]]),
];

/// The folder in which the gears tell what they do.
#[derive(Debug)]
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn of(server: &Server) -> Files {
        let folder = untyped(server, &["CONFIG", "GET", "dir"]);
        let folder = PathBuf::from(folder.lines().nth(1).unwrap()).join("told");
        fs::create_dir(&folder).unwrap();
        Files(folder)
    }

    pub(crate) fn create(&self, name: &str) {
        fs::write(self.0.join(name), "").unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.0.join(name)).ok()
    }

    fn script(&self) -> String {
        // The debug form of Rust is a form of Python.
        let commands: Vec<String> = COMMANDS.iter().map(|words| format!("{words:?}")).collect();
        let commands = commands.join(", ");
        format!(
            "DIR = '{}'
COMMANDS = [{commands}]
{}",
            self.0.display(),
            include_str!("gears.py")
        )
    }
}

/// Registers the gears, and fills the keys that they use.
#[track_caller]
pub(crate) fn register(server: &Server, files: &Files, hooks: bool) {
    for key in 0..COMMANDS.len() {
        for name in ["event", "commands"] {
            untyped(server, &["SET", &format!("{name}:{key}"), "v"]);
        }
    }
    untyped(server, &["SET", "k", "v"]);
    untyped(server, &["XADD", "s", "*", "a", "b"]);
    let mut list = vec!["RPUSH", "list"];
    list.extend(["v"; 1000]);
    untyped(server, &list);
    for command in 0..COMMANDS.len() {
        let script = format!("{}register_coroutines({command})\n", files.script());
        assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
    }
    let hooks = if hooks { "True" } else { "False" };
    let script = format!("{}register({hooks})\n", files.script());
    assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
    drop(in_background(
        server,
        &[vec![
            "RG.TRIGGER".to_owned(),
            "lift".to_owned(),
            "0".to_owned(),
        ]],
    ));
}

/// Sends commands, each of which may wait, on a connection of their own. The last answer or the first error arrives in the end.
pub(crate) fn in_background(server: &Server, commands: &[Vec<String>]) -> Receiver<String> {
    let (sender, receiver) = channel();
    let client = redis::Client::open(server.url()).unwrap();
    let commands = commands.to_vec();
    thread::spawn(move || {
        // Connecting may wait, too.
        let mut con = client.get_connection().unwrap();
        let mut last = "runs".to_owned();
        for words in commands {
            let mut cmd = redis::cmd(&words[0]);
            if let Err(error) = cmd.arg(&words[1..]).query::<redis::Value>(&mut con) {
                let (code, detail) = (error.code(), error.detail());
                let line = format!(
                    "{} {}",
                    code.unwrap_or_default(),
                    detail.unwrap_or_default()
                );
                line.trim().clone_into(&mut last);
                break;
            }
        }
        let _ = sender.send(last);
    });
    receiver
}

impl Path {
    /// Begins the path with one command of the gear.
    pub(crate) fn start(&self, server: &Server, files: &Files, command: usize) -> Receiver<String> {
        let number = command.to_string();
        let commands: Vec<Vec<String>> = self
            .start
            .iter()
            .map(|words| {
                let mut words: Vec<String> = words.iter().map(|word| word.replace('#', &number)).collect();
                let more = match words.get(1).map(String::as_str) {
                    Some("BODY") => format!("gated('body', {number})"),
                    Some("RUN") => format!("GB('PythonReader').foreach(lambda r: gated('run', {number})).run(lambda: iter([1]))"),
                    _ => return words,
                };
                words[1] = files.script() + &more;
                words
            })
            .collect();
        in_background(server, &commands)
    }

    pub(crate) fn is_hook(&self) -> bool {
        self.name.starts_with("hook") || self.name.starts_with("commands")
    }

    /// Waits until a path that begins before the guard has begun.
    #[track_caller]
    pub(crate) fn begun(&self, files: &Files, command: usize) {
        let name = format!("{}.{command}.begun", self.name);
        eventually(&name, || files.read(&name).is_some());
    }

    /// What the command of the gear got. `None` until it has ended.
    pub(crate) fn outcome(&self, files: &Files, command: usize) -> Option<String> {
        files.read(&format!("{}.{command}", self.name))
    }
}
