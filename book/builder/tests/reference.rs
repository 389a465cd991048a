//! The tables of settings and of fields of `INFO`, beside what a server says.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease_book::pages::read;
use redgrease_embedded::Server;
use std::collections::BTreeSet;

fn connected(server: &Server) -> redis::Connection {
    let client = redis::Client::open(server.url()).unwrap();
    client.get_connection().unwrap()
}

/// The rows of the table below a heading, without the head.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let text = read(page).unwrap().text;
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        line.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
    .collect()
}

/// The names in backquotes of a cell.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn the_fields_of_info_are_those_of_a_server() {
    let server = Server::start().unwrap();
    let info: String = redis::cmd("INFO")
        .arg("rg_engine")
        .query(&mut connected(&server))
        .unwrap();
    let found: BTreeSet<&str> = info
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    let table = rows("reference.md", "Fields of INFO");
    let listed: BTreeSet<&str> = table.iter().flat_map(|row| names(&row[0])).collect();
    assert_eq!(listed, found);
}

#[test]
fn the_settings_are_those_of_a_server_with_their_defaults() {
    let server = Server::start().unwrap();
    let mut con = connected(&server);
    let table = rows("engine.md", "Settings");
    assert!(table.len() > 20, "{table:?}");
    for row in &table {
        for name in names(&row[0]) {
            let answer: redis::RedisResult<Vec<redis::Value>> =
                redis::cmd("RG.CONFIGGET").arg(name).query(&mut con);
            let answer = answer.unwrap_or_else(|error| panic!("{name}: {error}"));
            let value = match &answer[0] {
                redis::Value::Int(number) => number.to_string(),
                redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                other => panic!("{name}: {other:?}"),
            };
            // Defaults that are numbers. Others are words about a file or a size.
            let default = row[1].trim_matches('`');
            if default.parse::<u64>().is_ok() {
                assert_eq!(value, default, "{name}");
            }
        }
    }
}
