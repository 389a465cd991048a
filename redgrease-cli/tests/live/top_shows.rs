//! What `redgrease top` shows.

use crate::common::on;
use crate::gears::{Traffic, con, register, shop};
use crate::terminal::Terminal;
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;
use redis::Value;
use std::fs;

#[test]
fn registrations_have_rates_and_times() {
    let server = shop();
    let _traffic = Traffic::on(&server);
    let top = Terminal::top(server.url(), &[]);
    let text = top.wait("a rate", |text| {
        let row = text.lines().find(|it| it.contains("shop.price"));
        let numbers = row.map(|it| {
            it.split_whitespace()
                .filter_map(|it| it.parse::<f64>().ok())
                .collect::<Vec<_>>()
        });
        numbers.is_some_and(|it| it.len() > 3 && it[0] > 5.0 && it[1] > 0.5)
    });
    assert!(text.contains("1 Registrations 3"), "{text}");
    assert!(text.contains("engine") && text.contains("Python"), "{text}");
    assert!(text.contains('▁') || text.contains('█'), "{text}");
}

#[test]
fn every_table_has_its_rows() {
    let server = shop();
    let mut con = con(&server);
    let _ = con.trigger::<Value>("shop.price", "5");
    let id = crate::gears::start_endless(&mut con);
    let number = id.rsplit('-').next().unwrap();
    let mut top = Terminal::top(server.url(), &[]);
    top.has("shop.price");
    top.press("2");
    top.has(&format!("#{number}"));
    top.wait("an execution that runs", |text| {
        text.lines()
            .any(|it| it.contains("running") && it.contains("script"))
    });
    top.press("3");
    top.wait("the session", |text| {
        text.lines()
            .any(|it| it.starts_with(" shop ") && it.contains("ok"))
    });
    top.press("4");
    top.has("nothing here");
    top.press("6");
    top.has("ValueError: no price for 5");
    top.press("\r");
    let text = top.has("<string>:6  price");
    assert!(text.contains("registration     shop.price"), "{text}");
    top.press("\x1b");
    top.has("where");
    con.abort_execution(id.as_str()).unwrap();
}

#[test]
fn errors_of_synced_scripts_show_their_source() {
    let server = Server::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("shop.py"), crate::gears::SHOP).unwrap();
    on(&server, &["sync", dir.path().to_str().unwrap()]).ok();
    let _ = con(&server).trigger::<Value>("shop.price", "10");
    let mut top = Terminal::top(server.url(), &[]);
    top.press("6");
    top.has("ValueError: no price for 10");
    top.press("\r");
    let text = top.has("raise ValueError('no price for %d' % number)");
    assert!(text.contains("shop.py:6"), "{text}");
    assert!(text.contains(">     6 │"), "{text}");
    assert!(text.contains("      5 │     if number % 5 == 0:"), "{text}");
}

/// Names of a server cannot move the cursor, change the title, or leave their line.
#[test]
fn texts_of_a_server_are_only_text() {
    let server = Server::start().unwrap();
    let script = "GB('CommandReader', desc='\\x1b]0;owned\\x07').map(lambda x: x).register(trigger='evil\\x1b[2J\\u009b31mname\\nnext')\n";
    register(&mut con(&server), "session", script);
    let mut top = Terminal::top(server.url(), &[]);
    top.has("evil\\x1b[2J\\x9b31m");
    top.press("\r");
    top.has("owned");
    let raw = String::from_utf8_lossy(&top.raw()).into_owned();
    assert!(
        !raw.contains("\x1b]0;") && !raw.contains("\u{9b}31m"),
        "{raw:?}"
    );
}

#[test]
fn a_cluster_shows_its_shards() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let mut con = redgrease_core::connect(cluster.url()).unwrap();
    register(&mut con, "shop", crate::gears::SHOP);
    let mut top = Terminal::top(cluster.url(), &[]);
    top.has("5 Shards 3");
    top.press("5");
    top.wait("three shards", |text| {
        text.lines().filter(|it| it.contains(" ok ")).count() == 3
    });
}
