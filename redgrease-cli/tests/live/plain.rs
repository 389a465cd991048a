//! `redgrease top` without a terminal.

use crate::common::{on, program, run};
use crate::gears::{Traffic, con, register, shop};
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;
use redis::{ConnectionLike as _, Value};
use serde_json::Value as Json;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

#[test]
fn a_snapshot_is_text() {
    let server = shop();
    let _ = con(&server).trigger::<Value>("shop.price", "5");
    let text = on(&server, &["top", "--once", "--interval", "0.2"]).ok();
    assert!(text.contains("registrations 3"), "{text}");
    assert!(text.contains("shop.price"), "{text}");
    assert!(text.contains("ValueError: no price for"), "{text}");
    assert!(!text.contains('\x1b'), "{text:?}");
    let view = on(&server, &["top", "--once", "--json", "--interval", "0.2"]).json();
    assert_eq!(
        view["problems"][0]["traceback"]["frames"][0]["function"], "price",
        "{view}"
    );
    // A pipe is no terminal.
    assert!(
        on(&server, &["top", "--interval", "0.2"])
            .ok()
            .contains("registrations 3")
    );
}

#[test]
fn a_snapshot_is_json_with_rates() {
    let server = shop();
    let _traffic = Traffic::on(&server);
    let view = on(&server, &["top", "--once", "--json", "--interval", "1"]).json();
    let rows = view["registrations"].as_array().unwrap();
    let row = rows.iter().find(|it| it["name"] == "shop.price").unwrap();
    assert_eq!(row["session"], "shop");
    assert_eq!(row["description"], "the price");
    let (rate, failing) = (
        row["rate"].as_f64().unwrap(),
        row["failure_rate"].as_f64().unwrap(),
    );
    assert!(rate > 5.0 && failing > 1.0 && failing < rate, "{row}");
    assert!(row["recent_ms"].as_f64().unwrap() > 0.0, "{row}");
    assert!(view["totals"]["rate"].as_f64().unwrap() >= rate, "{view}");
}

#[test]
fn without_an_end_there_is_a_line_for_each_look() {
    let server = shop();
    let mut command = program(&["top", "--json", "--interval", "0.1"]);
    command.env("REDGREASE_URL", server.url());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let views: Vec<Json> = lines
        .take(3)
        .map(|it| serde_json::from_str(&it.unwrap()).unwrap())
        .collect();
    let times: Vec<u64> = views.iter().map(|it| it["at"].as_u64().unwrap()).collect();
    assert!(times.is_sorted() && times[0] < times[2], "{times:?}");
    // The reader is gone, as after `head`: the program ends quietly.
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_server_that_goes_away_is_told_and_waited_for() {
    let port = crate::gears::free_port();
    let server = Server::builder().port(port).start().unwrap();
    let mut command = program(&["top", "--json", "--interval", "0.1"]);
    command.env("REDGREASE_URL", server.url());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = |wanted: &str| {
        lines.find_map(|line| {
            let line: Json = serde_json::from_str(&line.unwrap()).unwrap();
            line.get(wanted).cloned()
        })
    };
    assert!(next("registrations").is_some());
    server.kill().unwrap();
    assert!(next("error").is_some());
    let server = Server::builder().port(port).start().unwrap();
    assert!(next("registrations").is_some());
    drop(server);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn without_a_server_the_exit_code_is_3() {
    let port = crate::gears::free_port().to_string();
    for command in ["top", "ui"] {
        let error = run(&[command, "--port", &port]).fails(3);
        assert!(error.contains("remedy: "), "{error}");
    }
    let error = run(&["top", "--interval", "0"]).fails(2);
    assert!(error.contains("write seconds from 0.1 to 3600"), "{error}");
}

#[test]
fn a_server_without_gears_is_an_error() {
    let server = Server::builder().without_engine().start().unwrap();
    let error = on(&server, &["top", "--once", "--interval", "0.1"]).fails(3);
    assert!(error.contains("RG."), "{error}");
}

#[test]
fn passwords_are_not_shown() {
    let (server, url) = crate::gears::with_password("tops3cret");
    let mut command = program(&["top", "--once", "--json", "--interval", "0.1"]);
    let done = crate::common::done(command.env("REDGREASE_URL", url));
    let text = format!("{}{}", done.out, done.err);
    assert!(text.contains("shop.price"), "{text}");
    drop(server);
    assert!(!text.contains("tops3cret"), "{text}");
}

/// A look at a server with 1000 registrations has each of them once: half a megabyte.
#[test]
fn a_look_is_cheap() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    for session in 0..10 {
        let lines = (0..100).map(|n| {
            format!("GB('CommandReader').map(lambda x: x).register(trigger='t{session}.{n}')\n")
        });
        register(
            &mut con,
            &format!("session-{session}"),
            &lines.collect::<String>(),
        );
    }
    let (first, before) = (micros(&mut con), written(&mut con));
    let view = on(&server, &["top", "--once", "--json", "--interval", "0.1"]).json();
    assert_eq!(view["registrations"].as_array().unwrap().len(), 1000);
    // The thread that writes long listings is not in the statistics of commands; what it writes is counted.
    let cost = (micros(&mut con) - first) / 2;
    let bytes = (written(&mut con) - before) / 2;
    println!("a look at 1000 registrations: {cost} µs of commands, {bytes} bytes");
    assert!(
        cost < 20_000 && bytes < 1_000_000,
        "{cost} µs, {bytes} bytes"
    );
    let words = redis::cmd("INFO").arg("commandstats").to_owned();
    let Value::BulkString(text) = con.req_command(&words).unwrap() else {
        panic!("no text");
    };
    let text = String::from_utf8(text).unwrap();
    assert!(
        !text.to_lowercase().contains("cmdstat_rg.dumpregistrations"),
        "{text}"
    );
    assert_eq!(con.dump_registrations().unwrap().len(), 1000);
}

/// The bytes that the server has sent.
fn written(con: &mut redgrease_core::Con) -> u64 {
    let text: String = redis::cmd("INFO").arg("stats").query(con).unwrap();
    let mut lines = text.lines();
    let bytes = lines.find_map(|it| it.strip_prefix("total_net_output_bytes:"));
    bytes.unwrap().parse().unwrap()
}

/// The time that the server has spent in commands.
fn micros(con: &mut redgrease_core::Con) -> u64 {
    let Value::BulkString(text) = con
        .req_command(redis::cmd("INFO").arg("commandstats"))
        .unwrap()
    else {
        panic!("no text");
    };
    let text = String::from_utf8(text).unwrap();
    let times = text.split(',').filter_map(|it| it.strip_prefix("usec="));
    times.map(|it| it.parse::<u64>().unwrap()).sum()
}

#[test]
fn shards_are_added_up() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let mut con = redgrease_core::connect(cluster.url()).unwrap();
    register(&mut con, "shop", crate::gears::SHOP);
    for number in 1..=30 {
        let _ = con.trigger::<Value>("shop.price", number.to_string());
    }
    let mut command = program(&["top", "--once", "--json", "--interval", "0.1"]);
    let view = crate::common::done(command.env("REDGREASE_URL", cluster.url())).json();
    assert_eq!(view["shards"].as_array().unwrap().len(), 3, "{view}");
    let rows = view["registrations"].as_array().unwrap();
    let row = rows.iter().find(|it| it["name"] == "shop.price").unwrap();
    assert_eq!(
        (row["shards"].as_u64(), row["triggered"].as_u64()),
        (Some(3), Some(30)),
        "{row}"
    );
    assert_eq!(view["sessions"].as_array().unwrap().len(), 1, "{view}");
    let mut command = program(&["top", "--once", "--interval", "0.1"]);
    let text = crate::common::done(command.env("REDGREASE_URL", cluster.url())).ok();
    assert!(text.contains("shards 3"), "{text}");
}
