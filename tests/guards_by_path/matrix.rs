//! The comparison of gears with clients.

use super::common::eventually;
use super::guards::Guard;
use super::paths::{Begins, Files, PATHS, Path, in_background, register};
use super::table::{Answers, ROWS, Row};
use super::{COMMANDS, IN_TABLE, is_no_script};
use redgrease_embedded::Server;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

/// The class of each command, as the table has them: what needs memory, other writes, reads. A script may write, unless it says
/// that it does not.
const CLASSES: [usize; COMMANDS.len()] = [0, 1, 2, 0, 0, 1, 0, 1];

/// How long a command must wait that is expected to wait.
const WAITS: Duration = Duration::from_millis(300);
/// How long a command may take that is expected to end. It only matters for failing tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// A command under the guard.
struct Run {
    path: Option<&'static Path>,
    command: usize,
    /// What the documentation says. `None` if it says nothing: then the client's answer counts.
    documented: Option<String>,
    /// The answer of the server to the command of the client.
    reply: Receiver<String>,
    replied: Option<String>,
    outcome: Option<String>,
}

impl Run {
    fn look(&mut self, files: &Files) {
        if self.replied.is_none() {
            self.replied = self.reply.try_recv().ok();
        }
        if self.outcome.is_none() {
            self.outcome = match self.path {
                None => self.replied.clone(),
                Some(path) => path.outcome(files, self.command).or_else(|| {
                    // The gear did not begin.
                    let refused = self.replied.clone().filter(|reply| reply != "runs");
                    refused.filter(|_| matches!(path.begins, Begins::Called | Begins::Event))
                }),
            };
        }
    }

    fn waits(&self) -> bool {
        self.documented.as_deref() == Some("waits")
    }
}

/// The code of an error, or the word for an outcome.
fn code(outcome: &str) -> &str {
    outcome.split(' ').next().unwrap_or_default()
}

fn documented(row: &Row, begins: Begins, command: usize) -> Option<String> {
    let own = match begins {
        Begins::Called | Begins::Event => &row.called,
        Begins::Before => &row.running,
        Begins::Block => &row.block,
    };
    let of = |answers: &Answers| {
        let class = CLASSES[command];
        answers[class].clone()
    };
    match own {
        Some(answers) => Some(of(answers)),
        None if row.client.iter().any(|answer| answer == "waits") => Some(of(&row.client)),
        None => (command < IN_TABLE).then(|| of(&row.client)),
    }
}

/// All differences between the documentation, clients and gears under one guard.
pub(crate) fn mismatches(guard: &Guard) -> Vec<String> {
    let row = ROWS.iter().find(|row| row.guard == guard.name).unwrap();
    let server = Server::builder()
        .module_arg("ExecutionThreads", "200")
        .module_arg("LockMaxTime", "20000")
        .server_arg("enable-debug-command", "yes")
        .start()
        .unwrap();
    let files = Files::of(&server);
    register(&server, &files, guard.hooks);
    let mut runs = Vec::new();
    let paths = || PATHS.iter().filter(|path| guard.hooks || !path.is_hook());
    for path in paths() {
        for command in 0..COMMANDS.len() {
            if matches!(path.begins, Begins::Before | Begins::Block) {
                runs.push(begin(&server, &files, row, path, command));
            }
        }
    }
    for run in &runs {
        run.path.unwrap().begun(&files, run.command);
    }
    (guard.begin)(&server);
    files.create("gate");
    for (command, words) in COMMANDS.iter().enumerate() {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        runs.push(Run {
            path: None,
            command,
            documented: row.client.get(command).cloned().or_else(|| {
                let class = CLASSES[command];
                Some(row.client[class].clone()).filter(|answer| answer == "waits")
            }),
            reply: in_background(&server, &[words]),
            replied: None,
            outcome: None,
        });
    }
    for path in paths() {
        for command in 0..COMMANDS.len() {
            let is_unfit = path.name == "lua" && is_no_script(command)
                || path.name == "multi" && guard.refuses_queueing
                || path.begins == Begins::Event && guard.stops_events;
            if matches!(path.begins, Begins::Called | Begins::Event) && !is_unfit {
                runs.push(begin(&server, &files, row, path, command));
            }
        }
    }
    await_ends(&mut runs, &files);
    thread::sleep(WAITS);
    let mut wrong = compare(guard, &mut runs, &files);
    (guard.lift)(&server, &files);
    let (begun, mut late) = (Instant::now(), true);
    while late && begun.elapsed() < PATIENCE {
        look(&mut runs, &files);
        late = runs.iter().any(|run| run.outcome.is_none());
        thread::sleep(Duration::from_millis(5));
    }
    for run in &runs {
        if run.waits() && run.outcome.as_deref() != Some("runs") {
            wrong.push(shown(guard, run, "runs afterwards"));
        }
    }
    eventually("the server answers", || {
        super::common::untyped(&server, &["PING"]) == "PONG"
    });
    wrong
}

fn begin(server: &Server, files: &Files, row: &Row, path: &'static Path, command: usize) -> Run {
    Run {
        path: Some(path),
        command,
        documented: documented(row, path.begins, command),
        reply: path.start(server, files, command),
        replied: None,
        outcome: None,
    }
}

fn look(runs: &mut [Run], files: &Files) {
    for run in runs {
        run.look(files);
    }
}

/// Waits for the commands that are not expected to wait.
fn await_ends(runs: &mut [Run], files: &Files) {
    let begun = Instant::now();
    loop {
        look(runs, files);
        let late = runs.iter().any(|run| run.outcome.is_none() && !run.waits());
        if !late || begun.elapsed() > PATIENCE {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn compare(guard: &Guard, runs: &mut [Run], files: &Files) -> Vec<String> {
    look(runs, files);
    let of_clients: Vec<String> = runs
        .iter()
        .filter(|run| run.path.is_none())
        .map(|run| run.outcome.clone().unwrap_or_else(|| "waits".to_owned()))
        .collect();
    let mut wrong = Vec::new();
    for run in runs.iter() {
        let found = run.outcome.as_deref().unwrap_or("waits");
        let client = &of_clients[run.command];
        let is_refused_event = run.path.is_some_and(|path| path.begins == Begins::Event)
            && run.replied.as_deref() == Some(found)
            && of_clients.contains(&found.to_owned());
        match &run.documented {
            _ if is_refused_event => {}
            Some(wanted) if code(found) != wanted => wrong.push(shown(guard, run, wanted)),
            // The whole text, if both got an error.
            Some(wanted) if code(client) != wanted || wanted == "waits" => {}
            _ if found != client => wrong.push(shown(guard, run, client)),
            _ => {}
        }
    }
    wrong
}

fn shown(guard: &Guard, run: &Run, wanted: &str) -> String {
    let path = run.path.map_or("client", |path| path.name);
    let found = run.outcome.as_deref().unwrap_or("waits");
    format!(
        "{}, {path}, {}\n  wanted {wanted}\n  found  {found}\n  replied {:?}",
        guard.name,
        COMMANDS[run.command].join(" "),
        run.replied
    )
}
