//! Clusters, old servers, and secrets.

use crate::common::{done, on, program};
use crate::scripts::Scripts;
use crate::watching::Watching;
use redgrease_core::{GearsCommands as _, connect};
use redgrease_embedded::Server;
use redis::Commands as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

#[test]
fn a_cluster_gets_the_scripts_on_all_shards() {
    let cluster = Server::cluster().shards(2).start().unwrap();
    let scripts = Scripts::new();
    for n in 0..6 {
        scripts.trigger(&format!("{n}.py"), &format!("t{n}"), "1");
    }
    let sync = || {
        let mut command = program(&[scripts.dir()]);
        done(command.env("REDGREASE_URL", cluster.url()))
    };
    assert_eq!(sync().ok().lines().count(), 6);
    let has = |count: usize| {
        cluster.urls().iter().all(|url| {
            // The address of a node alone, as its own server.
            let client = redis::Client::open(url.as_str()).unwrap();
            let mut con = client.get_connection().unwrap();
            con.dump_registrations().unwrap().len() == count
        })
    };
    crate::scripts::until("on all shards", || has(6));
    let mut con = connect(cluster.url()).unwrap();
    // The keys are where their slots are.
    for n in 0..6 {
        assert!(
            con.exists::<_, bool>(scripts.key(&format!("{n}.py")))
                .unwrap()
        );
    }
    assert!(sync().err.contains("6 unchanged"));
    let watching = Watching::start(cluster.url(), &["-w", "0.2", scripts.dir()]);
    watching.says("watching");
    scripts.trigger("0.py", "t0", "2");
    crate::scripts::until("changed", || {
        crate::scripts::call(&mut con, "t0").as_deref() == Ok("2")
    });
    scripts.remove("5.py");
    crate::scripts::until("removed", || has(5));
    assert_eq!(watching.ends("-TERM").0, 0);
}

#[test]
fn passwords_are_not_shown() {
    let port = crate::watching::free_port();
    let _server = Server::builder().port(port).start().unwrap();
    // The server has no such user, and refuses the password.
    let secret = format!("redis://ann:sesame@127.0.0.1:{port}/");
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    scripts.write(
        "requirements.txt",
        "nothing @ https://user:sesame@127.0.0.1:9/nothing.whl\n",
    );
    for words in [
        &["sync"][..],
        &["diff"],
        &["deploy", "--yes"],
        &["sync", "--json", "-v"],
        &["sync", "--watch=1"],
    ] {
        let mut command = program(words);
        let done = done(command.args(["--url", &secret, scripts.dir()]));
        assert_ne!(done.code, 0);
        assert!(!format!("{done:?}").contains("sesame"), "{done:?}");
    }
    let server = Server::start().unwrap();
    for words in [
        &["sync", "-v"][..],
        &["diff", "--json"],
        &["sync", "--dry-run"],
    ] {
        let done = on(&server, &[words, &[scripts.dir()]].concat());
        assert!(!format!("{done:?}").contains("sesame"), "{done:?}");
    }
}

/// Answers as a server with RedisGears before 1.2.2, which has no sessions.
fn old_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap())
                .lines()
                .map_while(Result::ok);
            while let Some(head) = lines.next() {
                let count: usize = head.trim_start_matches('*').parse().unwrap();
                let mut words: Vec<String> = Vec::new();
                for _ in 0..count {
                    lines.next();
                    words.extend(lines.next());
                }
                let answer = match words.join(" ").to_uppercase().as_str() {
                    "INFO CLUSTER" => "$17\r\ncluster_enabled:0\r\n".to_owned(),
                    "MODULE LIST" => {
                        "*1\r\n*4\r\n$4\r\nname\r\n$2\r\nrg\r\n$3\r\nver\r\n:10201\r\n".to_owned()
                    }
                    text if text.starts_with("RG.PYDUMPSESSIONS") => {
                        "-ERR unknown command `RG.PYDUMPSESSIONS`, with args beginning with: \r\n"
                            .to_owned()
                    }
                    text if text.starts_with("RG.CONFIGGET") => {
                        let name = words.last().map_or("", String::as_str);
                        format!("*1\r\n-(error) Unsupported config parameter: {name}\r\n")
                    }
                    "RG.DUMPREGISTRATIONS" | "RG.PYDUMPREQS" => "*0\r\n".to_owned(),
                    "RG.INFOCLUSTER" => "$15\r\nno cluster mode\r\n".to_owned(),
                    _ => "+OK\r\n".to_owned(),
                };
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    port
}

#[test]
fn a_server_without_sessions_is_named() {
    let url = format!("redis://127.0.0.1:{}/", old_server());
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let error = done(program(&["--url", &url]).arg(scripts.dir())).fails(1);
    assert!(
        error.contains("RedisGears 1.2.1, which has no sessions"),
        "{error}"
    );
    let out = done(program(&["migrate", "--url", &url]).arg("--json")).json();
    assert_eq!(out["server"]["has_sessions"], false, "{out}");
}
