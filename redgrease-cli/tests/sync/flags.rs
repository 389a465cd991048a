//! Each option: on the command line, in the environment and in a file, and its default.

use crate::common::{Done, done, program};
use crate::scripts::{Scripts, con, triggers};
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;
use redis::Commands as _;

/// A server, and a directory to start the program in.
struct Home {
    server: Server,
    scripts: Scripts,
}

impl Home {
    fn new() -> Self {
        Home {
            server: Server::start().unwrap(),
            scripts: Scripts::new(),
        }
    }

    /// Runs the program with these variables and this `./redgrease.conf`, and makes the server empty before.
    fn run(&self, args: &[&str], environment: &[(&str, &str)], file: &str) -> Done {
        let mut con = con(&self.server);
        for row in con.dump_registrations().unwrap() {
            con.unregister(&row.id).unwrap();
        }
        let _: () = redis::cmd("FLUSHALL").query(&mut con).unwrap();
        let conf = self.scripts.path().join("redgrease.conf");
        if file.is_empty() {
            let _ = std::fs::remove_file(conf);
        } else {
            std::fs::write(conf, file).unwrap();
        }
        let mut command = program(args);
        command
            .current_dir(self.scripts.path())
            .env("REDGREASE_URL", self.server.url());
        command.envs(environment.iter().copied());
        done(&mut command)
    }

    /// The triggers after a run.
    fn triggers(&self, args: &[&str], environment: &[(&str, &str)], file: &str) -> Vec<String> {
        self.run(args, environment, file).ok();
        triggers(&mut con(&self.server))
    }
}

#[test]
fn recursive() {
    let home = Home::new();
    home.scripts.trigger("in/a.py", "a", "1");
    home.scripts.trigger("in/sub/b.py", "b", "1");
    let all = ["a", "b"];
    assert_eq!(home.triggers(&["in"], &[], ""), ["a"]);
    assert_eq!(home.triggers(&["-r", "in"], &[], ""), all);
    assert_eq!(home.triggers(&["--recursive", "in"], &[], ""), all);
    assert_eq!(home.triggers(&["in"], &[("RECURSIVE", "true")], ""), all);
    assert_eq!(home.triggers(&["in"], &[], "recursive = true"), all);
    assert_eq!(
        home.triggers(&["in"], &[("RECURSIVE", "false")], "recursive = true"),
        ["a"]
    );
    assert_eq!(
        home.triggers(&["-r", "in"], &[("RECURSIVE", "false")], ""),
        all
    );
}

#[test]
fn patterns() {
    let home = Home::new();
    for name in ["a.py", "b.gear", "c.rg", "_d.py", "e_test.py", ".f.py"] {
        let trigger = name
            .trim_matches(['.', '_'])
            .split(['.', '_'])
            .next()
            .unwrap();
        home.scripts.trigger(&format!("in/{name}"), trigger, "1");
    }
    let of = |args: &[&str], environment: &[(&str, &str)], file: &str| {
        home.triggers(&[args, &["in"]].concat(), environment, file)
    };
    assert_eq!(of(&[], &[], ""), ["a", "e"]);
    assert_eq!(of(&["--script-pattern", "*.gear"], &[], ""), ["b"]);
    assert_eq!(of(&[], &[("SCRIPT_PATTERN", "*.rg")], ""), ["c"]);
    assert_eq!(of(&[], &[], "script-pattern = *.{gear,rg}"), ["b", "c"]);
    assert_eq!(
        of(
            &[],
            &[("SCRIPT_PATTERN", "*.rg")],
            "script-pattern = *.gear"
        ),
        ["c"]
    );
    // The patterns that were given replace the default.
    assert_eq!(of(&["-i", "a*"], &[], ""), ["d", "e"]);
    assert_eq!(of(&["-i", "a*", "--ignore", "*_test.py"], &[], ""), ["d"]);
    assert_eq!(of(&[], &[("IGNORE", "[a*, _*]")], ""), ["e"]);
    assert_eq!(of(&[], &[("IGNORE", "e*")], ""), ["a", "d"]);
    assert_eq!(of(&[], &[], "ignore = [e*, a*]"), ["d"]);
    assert_eq!(of(&["--ignore="], &[], ""), ["a", "d", "e"]);
    let error = home.run(&["in", "-i", "[a"], &[], "").fails(2);
    assert!(error.contains("--ignore"), "{error}");
}

#[test]
fn ignored_everywhere() {
    let home = Home::new();
    home.scripts.trigger("in/_x/a.py", "a", "1");
    home.scripts.trigger("in/sub/_b.py", "b", "1");
    home.scripts.trigger("in/.git/c.py", "c", "1");
    home.scripts.trigger("_d.py", "d", "1");
    assert!(home.triggers(&["-r", "in"], &[], "").is_empty());
    let done = home.run(&["_d.py"], &[], "");
    assert!(done.err.contains("_d.py is left out"), "{done:?}");
    assert_eq!(done.code, 0);
    // What was loaded and is ignored now is removed.
    assert_eq!(
        home.triggers(&["-r", "-i", "none", "in"], &[], ""),
        ["a", "b"]
    );
    let mut command = program(&["-r", "in"]);
    done_in(&home, &mut command);
    assert!(triggers(&mut con(&home.server)).is_empty());
}

fn done_in(home: &Home, command: &mut std::process::Command) {
    done(
        command
            .current_dir(home.scripts.path())
            .env("REDGREASE_URL", home.server.url()),
    )
    .ok();
}

#[test]
fn index_prefix() {
    let home = Home::new();
    let path = home.scripts.trigger("a.py", "a", "1");
    let key = |prefix: &str| format!("{prefix}{}", path.display());
    let has = |prefix: &str| con(&home.server).exists::<_, bool>(key(prefix)).unwrap();
    home.run(&["a.py"], &[], "").ok();
    assert!(has("/redgrease/scripts"));
    home.run(
        &["--index-prefix", "/x", "a.py"],
        &[("INDEX_PREFIX", "/y")],
        "index-prefix = /z",
    )
    .ok();
    assert!(has("/x") && !has("/y") && !has("/z"));
    home.run(&["a.py"], &[("INDEX_PREFIX", "/y")], "index-prefix = /z")
        .ok();
    assert!(has("/y") && !has("/z"));
    home.run(&["a.py"], &[], "index_prefix: /z/").ok();
    assert!(has("/z"));
}

#[test]
fn requirements_pattern() {
    let home = Home::new();
    home.scripts.trigger("in/a.py", "a", "1");
    let wrong = "--no-such-option\n";
    home.scripts.write("in/dev-requirements-1.txt", wrong);
    home.run(&["in"], &[], "").fails(1);
    home.run(&["in", "--requirements-pattern", "packages.txt"], &[], "")
        .ok();
    home.run(&["in"], &[("REQUIREMENTS_PATTERN", "packages.txt")], "")
        .ok();
    home.run(&["in"], &[], "requirements-pattern = packages.txt")
        .ok();
    home.scripts.write("in/packages.txt", wrong);
    home.run(&["in", "--requirements-pattern", "packages.txt"], &[], "")
        .fails(1);
}

#[test]
fn unblocking_pattern() {
    let home = Home::new();
    let job = "GB('ShardsIDReader').map(lambda x: 1).run()\n";
    home.scripts.write("in/unblocking.py", job);
    home.scripts.write("in/slow.py", job);
    let actions = |args: &[&str], environment: &[(&str, &str)], file: &str| {
        let report = home
            .run(&[&["--json"], args, &["in"]].concat(), environment, file)
            .json();
        let mut words: Vec<String> = report["scripts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let name = row["path"].as_str().unwrap();
                format!(
                    "{} {}",
                    name.trim_start_matches("in/"),
                    row["action"].as_str().unwrap()
                )
            })
            .collect();
        words.sort();
        words.join(", ")
    };
    assert_eq!(actions(&[], &[], ""), "slow.py ran, unblocking.py started");
    assert_eq!(
        actions(&["--unblocking-pattern", "s.*w"], &[], ""),
        "slow.py started, unblocking.py ran"
    );
    assert_eq!(
        actions(&[], &[("UNBLOCKING_PATTERN", "slow")], ""),
        "slow.py started, unblocking.py ran"
    );
    assert_eq!(
        actions(&[], &[], "unblocking-pattern = none"),
        "slow.py ran, unblocking.py ran"
    );
    assert_eq!(
        actions(&["--unblocking-pattern="], &[], ""),
        "slow.py ran, unblocking.py ran"
    );
    home.run(&["in", "--unblocking-pattern", "("], &[], "")
        .fails(2);
}

#[test]
fn config() {
    let home = Home::new();
    home.scripts.trigger("in/a.py", "a", "1");
    home.scripts.trigger("in/sub/b.py", "b", "1");
    let conf = home.scripts.write("other.conf", "recursive = true\n");
    let conf = conf.to_str().unwrap();
    // Other files of the directory are not read: `redis.conf` may be one of them.
    assert_eq!(home.triggers(&["in"], &[], ""), ["a"]);
    assert_eq!(home.triggers(&["-c", conf, "in"], &[], ""), ["a", "b"]);
    assert_eq!(
        home.triggers(&["--config", conf, "in"], &[], "recursive=false"),
        ["a", "b"]
    );
    assert_eq!(
        home.triggers(&["in"], &[("CONFIG_FILE", conf)], ""),
        ["a", "b"]
    );
    let error = home.run(&["in"], &[], "\nscript-patern = *.py").fails(2);
    assert!(
        error.contains(
            "redgrease.conf, line 2: there is no option `script-patern`: write `script-pattern`"
        ),
        "{error}"
    );
    let error = home.run(&["-c", "none.conf", "in"], &[], "").fails(2);
    assert!(error.contains("none.conf cannot be read"), "{error}");
}

#[test]
fn server_and_port() {
    // The server listens on a port that is free at the moment.
    let port = crate::watching::free_port();
    let server = Server::builder().port(port).start().unwrap();
    let home = Home {
        server,
        scripts: Scripts::new(),
    };
    home.scripts.trigger("a.py", "a", "1");
    let port = port.to_string();
    let (host, none) = ("127.0.0.1", ("REDGREASE_URL", ""));
    let url = format!("redis://{host}:{port}");
    let wrong = "redis://127.0.0.1:1";
    let a = ["a"];
    assert_eq!(
        home.triggers(&["-s", host, "-p", &port, "a.py"], &[none], ""),
        a
    );
    assert_eq!(
        home.triggers(&["a.py"], &[none, ("SERVER", host), ("PORT", &port)], ""),
        a
    );
    assert_eq!(
        home.triggers(&["a.py"], &[none], &format!("server={host}\nport={port}")),
        a
    );
    assert_eq!(home.triggers(&["a.py"], &[none], &format!("url={url}")), a);
    // The default host, and each place before the next one.
    assert_eq!(home.triggers(&["-p", &port, "a.py"], &[none], ""), a);
    assert_eq!(
        home.triggers(&["-p", &port, "a.py"], &[("REDGREASE_URL", wrong)], ""),
        a
    );
    assert_eq!(
        home.triggers(
            &["--url", &url, "a.py"],
            &[("REDGREASE_URL", wrong), ("PORT", "1")],
            "port=1"
        ),
        a
    );
    assert_eq!(
        home.triggers(
            &["a.py"],
            &[("REDGREASE_URL", &url), ("PORT", "1")],
            "port=1"
        ),
        a
    );
    assert_eq!(
        home.triggers(&["a.py"], &[none, ("PORT", &port)], "port=1"),
        a
    );
    home.run(
        &["a.py"],
        &[("REDGREASE_URL", wrong)],
        &format!("url={url}"),
    )
    .fails(3);
    let error = home.run(&["a.py"], &[none, ("PORT", "many")], "").fails(2);
    assert!(error.contains("the environment variable PORT"), "{error}");
    // Other programs have variables of these names: other commands do not read them.
    home.run(&["ls"], &[("REDGREASE_URL", &url), ("PORT", "1")], "")
        .ok();
    home.run(&["-s", host, "--url", &url, "a.py"], &[], "")
        .fails(2);
}

#[test]
fn a_bare_server_is_redis() {
    let home = Home::new();
    home.scripts.trigger("a.py", "a", "1");
    let error = home
        .run(&["a.py", "--port", "1", "--server"], &[], "")
        .fails(3);
    assert!(error.contains("redis:1"), "{error}");
    let error = home
        .run(&["a.py"], &[("REDGREASE_URL", "")], "server\nport=1")
        .fails(3);
    assert!(error.contains("redis:1"), "{error}");
}

#[test]
fn log_config() {
    let home = Home::new();
    home.scripts.trigger("a.py", "a", "1");
    home.scripts.write("b.py", "1 / 0\n");
    let log = home.scripts.path().join("out.log");
    let read = || {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let _ = std::fs::remove_file(&log);
        text
    };
    let conf = home.scripts.write(
        "log.ini",
        &format!("[log]\nlevel = info\nfile = {}\n", log.display()),
    );
    let conf = conf.to_str().unwrap();
    home.run(&["a.py", "b.py", "-l", conf], &[], "").fails(1);
    let text = read();
    assert!(
        text.contains("\tINFO\t") && text.contains("added a.py"),
        "{text}"
    );
    assert!(
        text.contains("\tERROR\t") && text.contains("ZeroDivisionError"),
        "{text}"
    );
    home.run(&["a.py"], &[("LOG_CONFIG", conf)], "").ok();
    assert!(read().contains("added a.py"));
    home.run(&["a.py"], &[], &format!("log-config = {conf}"))
        .ok();
    assert!(read().contains("added a.py"));
    home.run(&["a.py"], &[], "").ok();
    assert_eq!(read(), "");
    home.scripts.write(
        "log.json",
        &format!(
            r#"{{"format": "json", "level": "error", "file": "{}"}}"#,
            log.display()
        ),
    );
    home.run(&["a.py", "b.py", "-l", "log.json"], &[], "")
        .fails(1);
    for line in read().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["level"], "ERROR");
    }
    home.run(&["a.py", "-l", "none"], &[], "").fails(2);
    let done = home.run(&["a.py", "-vv", "-l", conf], &[], "");
    assert!(done.err.contains("--log-config is not used"), "{done:?}");
}

#[test]
fn watch_has_a_time() {
    let home = Home::new();
    home.scripts.trigger("in/a.py", "a", "1");
    for (args, environment, file, time) in [
        (&["-w", "in"][..], None, "", "5 s"),
        (&["in", "--watch"], None, "", "5 s"),
        (&["--watch", "0.3", "in"], None, "watch = 7", "0.3 s"),
        (&["--watch=0.4", "in"], Some(("WATCH", "7")), "", "0.4 s"),
        (&["in"], Some(("WATCH", "0.5")), "watch = 7", "0.5 s"),
        (&["in"], Some(("WATCH", "true")), "", "5 s"),
        (&["in"], None, "watch = 0.6", "0.6 s"),
    ] {
        std::fs::write(home.scripts.path().join("redgrease.conf"), file).unwrap();
        let watching = crate::watching::Watching::start_in(
            home.scripts.path(),
            home.server.url(),
            args,
            environment,
        );
        watching.says(&format!("changes are loaded within {time}"));
        assert_eq!(watching.ends("-INT").0, 0);
    }
    home.run(&["in"], &[], "watch = false").ok();
    let error = home.run(&["in", "--watch=soon"], &[], "").fails(2);
    assert!(error.contains("--watch"), "{error}");
}
