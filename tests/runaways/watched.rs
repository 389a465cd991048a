//! A case on a server, and what other clients see of it.

use super::case::{Case, End, PRELUDE, Sigterm};
use super::common::{self, eventually, plain_connection, untyped};
use redgrease_embedded::Server;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Much longer than any limit of the cases, for a slow machine, and much shorter than what the gears try.
const SOON: Duration = Duration::from_secs(8);
/// How long a gear without an end is watched.
const WATCHED: Duration = Duration::from_millis(1500);

/// Runs the cases, some of them side by side. All failures are told together.
pub(crate) fn run(cases: &'static [Case]) {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = std::panic::catch_unwind(|| run_one(case));
                    if outcome.is_err() {
                        let name = format!("{} | {}", case.code, case.place);
                        failures.lock().unwrap().push(name);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{failures:#?}");
}

fn run_one(case: &Case) {
    let name = format!("{} | {}", case.code, case.place);
    let server = prepared(case, &name);
    let mut other = plain_connection(&server);
    let mut callers: Vec<Caller> = case.calls.iter().map(|call| sent(&server, call)).collect();
    match case.end {
        End::Answer(text) => {
            let (answers, longest) = answers(&mut other, callers);
            println!("{name}: silence of {} ms", longest.as_millis());
            let answer: String = answers[0].chars().take(500).collect();
            assert!(answer.contains(text), "{name}: {answer}");
            assert!(longest < SOON, "{name}: silent for {longest:?}");
            still_works(&server, &name);
        }
        End::Log(text) => {
            let (_, longest) = answers(&mut other, callers);
            eventually(&format!("the log of {name} says {text}"), || {
                std::fs::read_to_string(server.log_path())
                    .unwrap()
                    .contains(text)
            });
            println!("{name}: silence of {} ms", longest.as_millis());
            assert!(longest < SOON, "{name}: silent for {longest:?}");
            still_works(&server, &name);
        }
        End::None => {
            let longest = longest_silence(&mut other, WATCHED);
            println!("{name}: silence of {} ms", longest.as_millis());
            assert!(longest < SOON, "{name}: silent for {longest:?}");
            still_works(&server, &name);
            return ends_with_sigterm(case, &server, &name);
        }
        End::Busy => {
            eventually(&format!("{name}: the server says that it is busy"), || {
                says_busy(&server)
            });
            eventually(&format!("{name}: SCRIPT KILL ends it"), || {
                untyped(&server, &["SCRIPT", "KILL"]);
                untyped(&server, &["PING"]) == "PONG"
            });
            callers.clear();
            still_works(&server, &name);
        }
        End::Silence => {
            let begun = Instant::now();
            assert_eq!(untyped(&server, &["PING"]), "PONG");
            println!("{name}: silence of {} ms", begun.elapsed().as_millis());
            still_works(&server, &name);
        }
    }
    // Once again, and the server is ended meanwhile.
    let server = prepared(case, &name);
    let _callers: Vec<Caller> = case.calls.iter().map(|call| sent(&server, call)).collect();
    if let End::Busy = case.end {
        eventually(&format!("{name}: the server says that it is busy"), || {
            says_busy(&server)
        });
    }
    ends_with_sigterm(case, &server, &name);
}

/// A server with the script of the case.
fn prepared(case: &Case, name: &str) -> Server {
    let (server, _con) = common::empty();
    for (setting, value) in case.settings {
        if setting.starts_with("busy-") {
            untyped(&server, &["CONFIG", "SET", setting, value]);
        } else {
            untyped(&server, &["RG.CONFIGSET", setting, value]);
        }
    }
    if !case.script.is_empty() {
        let script = format!("{PRELUDE}{}", case.script);
        let answer = untyped(&server, &["RG.PYEXECUTE", &script, "ID", "runaway"]);
        assert_eq!(answer, "OK", "{name}");
    }
    server
}

/// A connection that has sent so many commands.
struct Caller {
    con: redis::Connection,
    commands: usize,
}

/// A connection that has sent a command, or several, and does not wait for the answer. A script gets the functions of [`PRELUDE`].
fn sent(server: &Server, words: &[&str]) -> Caller {
    let mut con = plain_connection(server);
    if let [lines] = words
        && lines.contains('\n')
    {
        let mut pipeline = Vec::new();
        for line in lines.lines() {
            let mut words = line.split(' ');
            let name = words.next().unwrap();
            pipeline.extend(
                redis::cmd(name)
                    .arg(words.collect::<Vec<_>>())
                    .get_packed_command(),
            );
        }
        con.send_packed_command(&pipeline).unwrap();
        let commands = lines.lines().count();
        return Caller { con, commands };
    }
    let mut cmd = redis::cmd(words[0]);
    for (place, word) in words.iter().enumerate().skip(1) {
        if words[0] == "RG.PYEXECUTE" && place == 1 {
            cmd.arg(format!("{PRELUDE}{word}"));
        } else {
            cmd.arg(word);
        }
    }
    con.send_packed_command(&cmd.get_packed_command()).unwrap();
    Caller { con, commands: 1 }
}

impl Caller {
    /// The answer to the last command.
    fn answer(&mut self) -> String {
        let mut last = String::new();
        for _ in 0..self.commands {
            last = match self.con.recv_response() {
                Ok(answer) => format!("{answer:?}"),
                Err(error) => error.to_string(),
            };
        }
        last
    }
}

/// The answers to all calls, and the longest time for which another client waited for `PING` meanwhile.
fn answers(other: &mut redis::Connection, callers: Vec<Caller>) -> (Vec<String>, Duration) {
    thread::scope(|scope| {
        let waiting: Vec<_> = callers
            .into_iter()
            .map(|mut caller| scope.spawn(move || caller.answer()))
            .collect();
        let mut longest = Duration::ZERO;
        while waiting.iter().any(|one| !one.is_finished()) {
            longest = longest.max(longest_silence(other, Duration::from_millis(20)));
        }
        let answers = waiting.into_iter().map(|one| one.join().unwrap());
        (answers.collect(), longest)
    })
}

/// The longest time for which a client waits for `PING` while `watched` passes.
fn longest_silence(other: &mut redis::Connection, watched: Duration) -> Duration {
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    while begun.elapsed() < watched {
        let asked = Instant::now();
        let pong: String = redis::cmd("PING").query(other).unwrap();
        assert_eq!(pong, "PONG");
        longest = longest.max(asked.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
    longest
}

fn says_busy(server: &Server) -> bool {
    untyped(server, &["PING"]).to_lowercase().contains("busy")
}

fn still_works(server: &Server, name: &str) {
    assert_eq!(untyped(server, &["SET", "other", "1"]), "OK", "{name}");
    let run = "GB('ShardsIDReader').map(lambda x: 'fine').run()";
    let answer = untyped(server, &["RG.PYEXECUTE", run]);
    assert_eq!(answer.trim(), "fine", "{name}");
}

/// SIGTERM ends the server while the runaway runs. A server that does not look at the signal ends with `SHUTDOWN NOSAVE`, or when
/// the code has ended.
fn ends_with_sigterm(case: &Case, server: &Server, name: &str) {
    if case.sigterm == Sigterm::Waits && matches!(case.end, End::Busy) {
        let mut last = plain_connection(server);
        let shutdown = redis::cmd("SHUTDOWN").arg("NOSAVE").get_packed_command();
        last.send_packed_command(&shutdown).unwrap();
    } else {
        let process = server.pid().to_string();
        let sent = Command::new("kill").args(["-TERM", &process]).status();
        assert!(sent.unwrap().success(), "{name}");
    }
    let status = format!("/proc/{}/stat", server.pid());
    eventually(&format!("{name}: the server ends"), || {
        std::fs::read_to_string(&status).map_or(true, |status| status.contains(") Z "))
    });
}
