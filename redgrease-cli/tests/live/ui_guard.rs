//! Who reaches the page of `redgrease ui`, and what a request may do.

use crate::common::{done, on, program};
use crate::gears::{con, shop, start_endless, until};
use crate::page::Ui;
use redgrease_core::GearsCommands as _;
use serde_json::Value as Json;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;

#[test]
fn every_address_needs_the_token() {
    let server = shop();
    let ui = Ui::start(server.url(), &[]);
    assert_eq!(ui.token.len(), 64);
    assert_eq!(ui.get("").status, 200);
    let wrong = format!("{:0<64}", "a");
    for path in ["", "state", "app.js", "style.css", "icon.svg", "nowhere"] {
        for token in ["", "x", &ui.token[..63], &wrong] {
            let reply = ui.ask("GET", &format!("/{token}/{path}"), &[], "");
            assert_eq!(reply.status, 403, "{token} {path}");
            assert!(!reply.body.contains("shop"), "{reply:?}");
        }
        let reply = ui.ask("GET", &format!("/{path}?token={}", ui.token), &[], "");
        assert_eq!(reply.status, 403, "{path}");
    }
    assert_eq!(ui.get("nowhere").status, 404);
    assert_eq!(ui.get("../state").status, 404);
    // Each start has another one.
    assert_ne!(Ui::start(server.url(), &[]).token, ui.token);
}

/// A site whose name leads to 127.0.0.1 sends its own name.
#[test]
fn other_hosts_are_refused() {
    let server = shop();
    let ui = Ui::start(server.url(), &["--allow-changes"]);
    let port = ui.port;
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{}", port ^ 1),
        format!("127.0.0.1.evil.example:{port}"),
        String::new(),
    ] {
        let reply = ui.request("GET", "state", &[("host", &host)], "");
        assert_eq!(reply.status, 421, "{host}: {reply:?}");
    }
    let two = [
        ("host", "evil.example"),
        ("host", &*format!("127.0.0.1:{port}")),
    ];
    assert!(ui.request("GET", "state", &two, "").status >= 400);
    assert_eq!(
        ui.request(
            "GET",
            "state",
            &[("host", &format!("localhost:{port}"))],
            ""
        )
        .status,
        200
    );
}

#[test]
fn replies_forbid_everything_else() {
    let server = shop();
    let ui = Ui::start(server.url(), &[]);
    for reply in [
        ui.get(""),
        ui.get("state"),
        ui.get("nowhere"),
        ui.ask("GET", "/", &[], ""),
        ui.request("OPTIONS", "act", &[("origin", "http://evil.example")], ""),
    ] {
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "x-frame-options: deny",
            "cache-control: no-store",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(reply.head.contains(header), "{header}: {reply:?}");
        }
        // No other site may read a reply.
        assert!(!reply.head.contains("access-control-"), "{reply:?}");
    }
    assert!(
        ui.get("app.js")
            .head
            .contains("content-type: text/javascript")
    );
    assert!(ui.get("style.css").head.contains("content-type: text/css"));
}

#[test]
fn without_leave_nothing_is_changed() {
    let server = shop();
    let ui = Ui::start(server.url(), &[]);
    let id = con(&server).dump_registrations().unwrap()[0].id.clone();
    for verb in ["unregister", "pause", "resume", "abort"] {
        let reply = ui.act(verb, &id, &[]);
        assert_eq!(reply.status, 403);
        assert!(reply.body.contains("--allow-changes"), "{reply:?}");
    }
    assert_eq!(con(&server).dump_registrations().unwrap().len(), 3);
}

#[test]
fn changes_come_from_the_page_only() {
    let server = shop();
    let ui = Ui::start(server.url(), &["--allow-changes"]);
    let mut con = con(&server);
    let rows = con.dump_registrations().unwrap();
    let id = |reader: &str| {
        rows.iter()
            .find(|it| it.reader == reader)
            .unwrap()
            .id
            .clone()
    };
    let own = format!("http://127.0.0.1:{}", ui.port);
    for headers in [
        &[("origin", "http://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:1")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", &own)],
    ] {
        let reply = ui.act("unregister", &id("CommandReader"), headers);
        assert_eq!(reply.status, 403, "{headers:?}: {reply:?}");
    }
    // A form of another site can send text only.
    let body = format!(r#"{{"verb":"unregister","id":"{}"}}"#, id("CommandReader"));
    assert_eq!(
        ui.request("POST", "act", &[("content-type", "text/plain")], &body)
            .status,
        415
    );
    let path = format!("act?verb=unregister&id={}", id("CommandReader"));
    assert_eq!(ui.get(&path).status, 405);
    assert_eq!(ui.act("flushall", "x", &[]).status, 422);
    assert_eq!(con.dump_registrations().unwrap().len(), 3);

    let own = [("origin", &*own), ("sec-fetch-site", "same-origin")];
    assert_eq!(ui.act("unregister", &id("CommandReader"), &own).status, 200);
    assert_eq!(con.dump_registrations().unwrap().len(), 2);
    let stream = id("StreamReader");
    let mut status = || {
        con.dump_registrations()
            .unwrap()
            .iter()
            .find(|it| it.id == stream)
            .unwrap()
            .status
            .clone()
    };
    assert_eq!(ui.act("pause", &stream, &own).status, 200);
    assert_eq!(status().as_deref(), Some("PAUSED"));
    assert_eq!(ui.act("resume", &stream, &own).status, 200);
    assert_eq!(status().as_deref(), Some("OK"));
    let reply = ui.act("unregister", "nowhere-1", &own);
    assert_eq!(reply.status, 502);
    assert!(reply.body.contains("error"), "{reply:?}");
}

#[test]
fn an_execution_can_be_aborted() {
    let server = shop();
    let mut con = con(&server);
    let id = start_endless(&mut con);
    let ui = Ui::start(server.url(), &["--allow-changes"]);
    assert_eq!(ui.act("abort", &id, &[]).status, 200);
    until("the execution ends", || {
        let rows = con.dump_executions().unwrap();
        rows.iter()
            .all(|it| it.id.to_string() != id || it.status.is_over())
    });
}

#[test]
fn only_loopback_is_listened_to() {
    let server = shop();
    let ui = Ui::start(server.url(), &[]);
    // Another address of the machine still has the port.
    let other = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), ui.port));
    assert!(other.is_ok(), "{other:?}");
}

#[test]
fn the_port_can_be_chosen() {
    let server = shop();
    let port = crate::gears::free_port().to_string();
    let ui = Ui::start(server.url(), &["--listen", &port]);
    assert_eq!(ui.port.to_string(), port);
    let error = on(&server, &["ui", "--listen", &port]).fails(1);
    assert!(
        error.contains("choose another port with --listen"),
        "{error}"
    );
}

#[test]
fn the_address_can_be_json() {
    let server = shop();
    let mut command = program(&["ui", "--json", "--allow-changes"]);
    let mut child = command
        .env("REDGREASE_URL", server.url())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let told: Json = serde_json::from_str(&line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        told["url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:"),
        "{told}"
    );
    assert_eq!(told["changes"], true);
}

#[test]
fn ctrl_c_ends_it() {
    let server = shop();
    let mut ui = Ui::start(server.url(), &[]);
    assert_eq!(ui.get("").status, 200);
    assert_eq!(ui.interrupt(), Some(0));
}

/// The address of the page is a secret; the command line of the browser is not.
#[test]
fn the_browser_gets_a_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = shop();
    let dir = tempfile::tempdir().unwrap();
    let opener = dir.path().join("xdg-open");
    std::fs::write(&opener, format!("#!/bin/sh\necho \"$*\" > {0}/new && stat -c %a \"$1\" >> {0}/new && cat \"$1\" >> {0}/new && mv {0}/new {0}/told\n", dir.path().display())).unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        dir.path().display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = program(&["ui", "--open"]);
    command
        .env("REDGREASE_URL", server.url())
        .env("PATH", path)
        .env("XDG_RUNTIME_DIR", dir.path());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut address)
        .unwrap();
    until("the browser is opened", || dir.path().join("told").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let told = std::fs::read_to_string(dir.path().join("told")).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    let token = address
        .trim()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap();
    assert!(!lines[0].contains(token), "{told}");
    assert_eq!(lines[1], "600");
    assert!(lines[2].contains(address.trim()), "{told}");
}

#[test]
fn the_password_of_the_server_is_not_told() {
    let (_server, url) = crate::gears::with_password("tops3cret");
    let ui = Ui::start(&url, &[]);
    until("a look", || ui.get("state").body.contains("registrations"));
    assert!(!ui.get("state").body.contains("tops3cret"));
    let wrong = url.replace("tops3cret", "wr0ng");
    let refused = done(program(&["ui"]).env("REDGREASE_URL", wrong));
    assert_ne!(refused.code, 0);
    assert!(!refused.err.contains("wr0ng"), "{refused:?}");
}
