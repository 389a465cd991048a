//! `--watch`.

use crate::common::program;
use crate::scripts::{Scripts, call, con, trigger_script, triggers, until};
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A program that goes on until it is told to end.
pub(crate) struct Watching {
    child: Child,
    out: Arc<Mutex<String>>,
}

impl Watching {
    pub(crate) fn start(url: &str, args: &[&str]) -> Self {
        Watching::start_in(Path::new("."), url, args, None)
    }

    pub(crate) fn start_in(
        dir: &Path,
        url: &str,
        args: &[&str],
        environment: Option<(&str, &str)>,
    ) -> Self {
        let mut command = program(args);
        command
            .current_dir(dir)
            .env("REDGREASE_URL", url)
            .envs(environment);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().unwrap(), &out);
        collect(child.stderr.take().unwrap(), &out);
        Watching { child, out }
    }

    /// Everything that was printed.
    pub(crate) fn text(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    pub(crate) fn says(&self, text: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.text().contains(text) {
            assert!(Instant::now() < end, "{text} is not in {}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The exit code after a signal.
    pub(crate) fn ends(mut self, signal: &str) -> (i32, String) {
        self.signal(signal);
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code().unwrap_or(-1), self.text());
            }
            assert!(Instant::now() < end, "it does not end: {}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // A test that failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl Read + Send + 'static, to: &Arc<Mutex<String>>) {
    let to = Arc::clone(to);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            to.lock().unwrap().push_str(&(line + "\n"));
        }
    });
}

/// A port of loopback that is free at the moment.
pub(crate) fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

fn watch(server: &Server, scripts: &Scripts, more: &[&str]) -> Watching {
    let mut args = vec!["--watch", "0.4", scripts.dir()];
    args.extend(more);
    let watching = Watching::start(server.url(), &args);
    watching.says("watching");
    watching
}

#[test]
fn files_come_change_move_and_go() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let watching = watch(&server, &scripts, &["--recursive"]);
    assert_eq!(call(&mut con, "a").unwrap(), "1");
    scripts.trigger("a.py", "a", "2");
    until("changed", || call(&mut con, "a").as_deref() == Ok("2"));
    scripts.trigger("b.py", "b", "1");
    until("new", || call(&mut con, "b").is_ok());
    scripts.remove("b.py");
    until("removed", || triggers(&mut con) == ["a"]);
    // In directories that are made later.
    scripts.trigger("x/y/c.py", "c", "1");
    until("deep", || triggers(&mut con) == ["a", "c"]);
    scripts.trigger("x/y/c.py", "c", "2");
    until("deep and changed", || {
        call(&mut con, "c").as_deref() == Ok("2")
    });
    std::fs::rename(scripts.path().join("x"), scripts.path().join("z")).unwrap();
    watching.says("moved");
    assert_eq!(triggers(&mut con), ["a", "c"]);
    scripts.trigger("z/y/c.py", "c", "3");
    until("moved and changed", || {
        call(&mut con, "c").as_deref() == Ok("3")
    });
    std::fs::remove_dir_all(scripts.path().join("z")).unwrap();
    until("a directory removed", || triggers(&mut con) == ["a"]);
    scripts.trigger("z/y/c.py", "c", "4");
    until("and made again", || {
        call(&mut con, "c").as_deref() == Ok("4")
    });
    let (code, text) = watching.ends("-TERM");
    assert_eq!(code, 0, "{text}");
    assert_eq!(triggers(&mut con), ["a", "c"]);
}

#[test]
fn editors_replace_files_in_their_ways() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    let file = scripts.trigger("a.py", "a", "0");
    let watching = watch(&server, &scripts, &[]);
    let path = |name: &str| scripts.path().join(name);
    let text = |answer: &str| trigger_script("a", answer);
    // A new file takes the name.
    std::fs::write(path("a.py.tmp"), text("rename")).unwrap();
    std::fs::rename(path("a.py.tmp"), &file).unwrap();
    until("rename", || call(&mut con, "a").as_deref() == Ok("rename"));
    // The old file becomes a copy, and a new one is written: vim.
    std::fs::write(path("4913"), "").unwrap();
    std::fs::remove_file(path("4913")).unwrap();
    std::fs::rename(&file, path("a.py~")).unwrap();
    std::fs::write(&file, text("vim")).unwrap();
    std::fs::remove_file(path("a.py~")).unwrap();
    until("vim", || call(&mut con, "a").as_deref() == Ok("vim"));
    // A lock that is a link to nothing: Emacs.
    std::os::unix::fs::symlink("ann@host.1", path(".#a.py")).unwrap();
    std::fs::write(&file, text("emacs")).unwrap();
    std::fs::remove_file(path(".#a.py")).unwrap();
    until("emacs", || call(&mut con, "a").as_deref() == Ok("emacs"));
    // Removed, and written again at once: it is one change, and the handler stays.
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, text("again")).unwrap();
    until("again", || call(&mut con, "a").as_deref() == Ok("again"));
    // A directory of links that is switched as a whole, as Kubernetes does.
    std::fs::create_dir(path(".v1")).unwrap();
    std::fs::write(path(".v1/b.py"), trigger_script("b", "v1")).unwrap();
    std::os::unix::fs::symlink(".v1", path(".data")).unwrap();
    std::os::unix::fs::symlink(".data/b.py", path("b.py")).unwrap();
    until("link", || call(&mut con, "b").as_deref() == Ok("v1"));
    std::fs::create_dir(path(".v2")).unwrap();
    std::fs::write(path(".v2/b.py"), trigger_script("b", "v2")).unwrap();
    std::os::unix::fs::symlink(".v2", path(".data2")).unwrap();
    std::fs::rename(path(".data2"), path(".data")).unwrap();
    until("switched", || call(&mut con, "b").as_deref() == Ok("v2"));
    assert!(!watching.text().contains("removed"), "{}", watching.text());
}

#[test]
fn several_changes_are_one_reload_within_the_time() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    let args = ["--json", "--watch", "1", scripts.dir()];
    let watching = Watching::start(server.url(), &args);
    watching.says("\"scripts\":[]");
    let begun = Instant::now();
    for n in 0..20 {
        scripts.trigger(&format!("{n}.py"), &format!("t{n}"), "1");
    }
    until("all", || triggers(&mut con).len() == 20);
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(1300), "{took:?}");
    watching.says("19.py");
    let text = watching.text();
    let lines = || text.lines().filter(|line| line.starts_with('{'));
    assert_eq!(lines().count(), 2, "{text}");
    for line in lines() {
        let _: serde_json::Value = serde_json::from_str(line).unwrap();
    }
    // A change that never ends is loaded, too.
    let (stop, begun) = (Arc::new(AtomicBool::new(false)), Instant::now());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                scripts.write("log.txt", &format!("{:?}", begun.elapsed()));
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        scripts.trigger("new.py", "new", "1");
        until("new", || call(&mut con, "new").is_ok());
        stop.store(true, Ordering::Relaxed);
    });
    assert!(
        begun.elapsed() < Duration::from_millis(1300),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn there_is_no_moment_without_a_handler() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "always", "0");
    let watching = watch(&server, &scripts, &["-v"]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let mut con = connect(&server);
            let mut calls = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                if let Err(error) = call(&mut con, "always") {
                    panic!("call {calls}: {error}: {}", watching.text());
                }
                calls += 1;
            }
            calls
        });
        for n in 1..8 {
            // The file changes, moves, and moves and changes.
            let names = ["a.py", "b.py"];
            let (old, new) = (names[(n / 2) % 2], names[n.div_ceil(2) % 2]);
            if old != new {
                std::fs::rename(scripts.path().join(old), scripts.path().join(new)).unwrap();
            }
            if n % 3 != 0 {
                scripts.trigger(new, "always", &n.to_string());
                until("reload", || call(&mut con, "always") == Ok(n.to_string()));
            }
        }
        stop.store(true, Ordering::Relaxed);
        let calls = calls.join().unwrap();
        assert!(calls > 1000, "{calls}");
    });
    assert_eq!(con.dump_registrations().unwrap().len(), 1);
}

fn connect(server: &Server) -> redgrease_core::Con {
    con(server)
}

#[test]
fn a_file_that_is_being_written_is_not_loaded_in_halves() {
    use std::io::Write as _;
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    let path = scripts.trigger("a.py", "a", "0");
    let watching = Watching::start(server.url(), &["--watch", "0.2", scripts.dir()]);
    watching.says("watching");
    for n in 1..5 {
        let text = format!("x = 1\n{}", trigger_script("a", &n.to_string()));
        let mut file = std::fs::File::create(&path).unwrap();
        // Longer than it takes until the change is loaded in any case.
        std::thread::sleep(Duration::from_millis(400));
        call(&mut con, "a").unwrap();
        for half in [&text[..6], &text[6..]] {
            file.write_all(half.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(8));
        }
        until("loaded", || call(&mut con, "a").unwrap() == n.to_string());
    }
    watching.says("a.py is empty");
    assert!(!watching.text().contains("ran "), "{}", watching.text());
}

#[test]
fn a_file_that_changes_all_the_time_keeps_its_handler() {
    use std::io::Write as _;
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    let path = scripts.trigger("a.py", "a", "0");
    // Readings have a pause of a tenth of it: the halves of a file follow each other sooner, also on a slow machine.
    let watching = Watching::start(server.url(), &["--watch", "2", scripts.dir()]);
    watching.says("watching");
    let (begun, mut n) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(5) {
        n += 1;
        let mut file = std::fs::File::create(&path).unwrap();
        // The first half is a script, too: one without a handler.
        writeln!(file, "x = {n}").unwrap();
        std::thread::sleep(Duration::from_millis(12));
        file.write_all(trigger_script("a", &n.to_string()).as_bytes())
            .unwrap();
        drop(file);
        call(&mut con, "a").unwrap();
    }
    until("the last one", || {
        call(&mut con, "a").unwrap() == n.to_string()
    });
    assert!(!watching.text().contains("ran "), "{}", watching.text());
}

#[test]
fn a_failing_script_is_said_once_and_sent_again_when_it_changes() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let watching = watch(&server, &scripts, &[]);
    scripts.write("a.py", "execute('INCR', 'tries')\n1 / 0\n");
    watching.says("ZeroDivisionError");
    assert_eq!(call(&mut con, "a").unwrap(), "1");
    scripts.trigger("b.py", "b", "1");
    until("another one", || call(&mut con, "b").is_ok());
    let tries: i64 = redis::cmd("GET").arg("tries").query(&mut con).unwrap();
    assert_eq!(tries, 1);
    scripts.trigger("a.py", "a", "2");
    until("mended", || call(&mut con, "a").as_deref() == Ok("2"));
}

#[test]
fn a_server_that_comes_back_gets_everything_again() {
    let port = free_port();
    let start = || Server::builder().port(port).start().unwrap();
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    scripts.write("job.py", "execute('INCR', 'jobs')\n");
    let server = start();
    let url = format!("redis://127.0.0.1:{port}");
    let watching = Watching::start(&url, &["--watch", "0.4", scripts.dir()]);
    watching.says("watching");
    server.kill().unwrap();
    watching.says("waiting for the server");
    // A change meanwhile.
    scripts.trigger("b.py", "b", "1");
    let server = start();
    let mut con = con(&server);
    until("all of it", || triggers(&mut con) == ["a", "b"]);
    watching.says("the server answers again");
    let jobs: i64 = redis::cmd("GET").arg("jobs").query(&mut con).unwrap();
    assert_eq!(jobs, 1);
    assert_eq!(watching.text().matches("waiting for the server").count(), 1);
    // One that was away for a moment only.
    server.kill().unwrap();
    let server = start();
    let mut con = connect(&server);
    until("again", || triggers(&mut con) == ["a", "b"]);
    let (code, text) = watching.ends("-INT");
    assert_eq!(code, 0, "{text}");
}

#[test]
fn errors_of_the_server_are_no_errors_of_the_script() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "0");
    let watching = watch(&server, &scripts, &[]);
    let mut set = |words: &[&str]| {
        let (name, rest) = words.split_first().unwrap();
        let _: () = redis::cmd(name).arg(rest).query(&mut con).unwrap();
    };
    // A replica for a moment.
    set(&["REPLICAOF", "127.0.0.1", &free_port().to_string()]);
    scripts.trigger("a.py", "a", "1");
    watching.says("READONLY");
    set(&["REPLICAOF", "NO", "ONE"]);
    until("after READONLY", || {
        call(&mut connect(&server), "a").as_deref() == Ok("1")
    });
    // No memory for a moment.
    set(&["CONFIG", "SET", "maxmemory", "1"]);
    scripts.trigger("a.py", "a", "2");
    watching.says("OOM");
    set(&["CONFIG", "SET", "maxmemory", "0"]);
    until("after OOM", || {
        call(&mut connect(&server), "a").as_deref() == Ok("2")
    });
    let is_back = || watching.text().matches("the server answers again").count() == 2;
    until("it answers again", is_back);
    // Another password for a moment.
    set(&["CONFIG", "SET", "requirepass", "new"]);
    set(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    scripts.trigger("a.py", "a", "3");
    watching.says("password");
    set(&["CONFIG", "SET", "requirepass", ""]);
    until("after NOAUTH", || {
        call(&mut connect(&server), "a").as_deref() == Ok("3")
    });
    let (code, text) = watching.ends("-TERM");
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("failed "), "{text}");
    // Each version was sent one time.
    assert_eq!(text.matches("added").count(), 2, "{text}");
}

#[test]
fn it_waits_for_a_server_that_is_not_there_yet() {
    let port = free_port();
    let url = format!("redis://127.0.0.1:{port}");
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let watching = Watching::start(&url, &["-w", "0.2", scripts.dir()]);
    watching.says("waiting for the server");
    let server = Server::builder().port(port).start().unwrap();
    let mut con = con(&server);
    until("loaded", || call(&mut con, "a").is_ok());
    assert_eq!(watching.ends("-INT").0, 0);
    drop(server);
    // A signal ends the wait, too.
    let watching = Watching::start(&url, &["-w", "0.2", scripts.dir()]);
    watching.says("waiting for the server");
    assert_eq!(watching.ends("-TERM").0, 0);
}

#[test]
fn a_signal_ends_it_while_a_script_runs() {
    let server = Server::start().unwrap();
    let scripts = Scripts::new();
    let watching = watch(&server, &scripts, &[]);
    scripts.write(
        "slow.py",
        "import time\ndef f(x):\n    time.sleep(6)\nGB('ShardsIDReader').foreach(f).run()\n",
    );
    let mut con = con(&server);
    until("it runs", || {
        con.dump_executions()
            .unwrap()
            .iter()
            .any(|it| it.status == redgrease_core::ExecutionStatus::Running)
    });
    let (code, text) = watching.ends("-INT");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("ended while the server was busy"), "{text}");
}

/// The server does not go on with a script that nobody waits for.
#[test]
fn a_signal_aborts_the_script_that_the_server_runs() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("z.py", "z", "1");
    let endless = "execute('INCR', 'begun')\nwhile True: pass\n";
    for (begun, words) in [&["sync"][..], &["sync", "--watch=0.2"]]
        .into_iter()
        .enumerate()
    {
        scripts.write("slow.py", endless);
        let watching = Watching::start(server.url(), &[words, &[scripts.dir()]].concat());
        until("it runs", || {
            let count: Option<usize> = redis::cmd("GET").arg("begun").query(&mut con).unwrap();
            count == Some(begun + 1)
        });
        let (_, text) = watching.ends("-INT");
        assert!(text.contains("slow.py was the last script"), "{text}");
        // The server is free for another one.
        scripts.trigger("slow.py", "slow", &begun.to_string());
        let begun_at = Instant::now();
        crate::common::on(&server, &[scripts.dir()]).ok();
        assert!(begun_at.elapsed() < Duration::from_secs(20));
        assert_eq!(call(&mut con, "slow"), Ok(begun.to_string()));
    }
}

#[test]
fn the_directory_itself_may_go_and_come() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let home = Scripts::new();
    home.trigger("in/a.py", "a", "1");
    let dir = home.path().join("in");
    let watching = Watching::start(server.url(), &["-w", "0.2", dir.to_str().unwrap()]);
    watching.says("watching");
    std::fs::remove_dir_all(&dir).unwrap();
    watching.says("is gone");
    // As with a disk that is not mounted.
    assert_eq!(triggers(&mut con), ["a"]);
    home.trigger("in/b.py", "b", "1");
    watching.says("is back");
    until("the new files", || triggers(&mut con) == ["b"]);
    home.trigger("in/b.py", "b", "2");
    until("and their changes", || {
        call(&mut con, "b").as_deref() == Ok("2")
    });
}
