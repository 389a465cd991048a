//! The tables in `redgrease-syntax/src/commands` and `COMMAND` of the server.

use crate::common::plain_connection;
use redgrease_embedded::Server;
use redgrease_syntax::{is_module_command, is_subcommand, known_command};

/// Commands of the server itself that end connections of browsers.
const TRAPS: [&str; 2] = ["host:", "post"];

/// The names of the server's commands, with their arity.
fn commands(server: &Server) -> Vec<(String, i64)> {
    let mut con = plain_connection(server);
    let rows: Vec<Vec<redis::Value>> = redis::cmd("COMMAND").query(&mut con).unwrap();
    rows.into_iter()
        .map(|row| {
            let name: String = redis::from_redis_value(row[0].clone()).unwrap();
            let arity: i64 = redis::from_redis_value(row[1].clone()).unwrap();
            (name, arity)
        })
        .collect()
}

#[test]
fn every_command_of_the_server_is_known_with_its_arguments() {
    let server = Server::start().unwrap();
    let all = commands(&server);
    assert!(all.len() > 200, "{}", all.len());
    let mut wrong = Vec::new();
    for (name, arity) in all {
        if is_module_command(&name) || name.contains('|') || TRAPS.contains(&name.as_str()) {
            continue;
        }
        // The name is a word of the arity.
        let words = usize::try_from(arity.unsigned_abs()).unwrap();
        let fits = known_command(&name).is_some_and(|known| {
            let most_fits = match known.most {
                None => true,
                Some(most) => arity > 0 && most >= words - 1,
            };
            known.fewest < words && most_fits
        });
        if !fits {
            let most = if arity > 0 { words } else { 0 };
            wrong.push(format!("    (\"{name}\", {words}, {most}),"));
        }
    }
    assert!(
        wrong.is_empty(),
        "redgrease-syntax/src/commands/table.rs needs:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_subcommand_of_the_server_is_known() {
    let server = Server::start().unwrap();
    let mut con = plain_connection(&server);
    let all: Vec<String> = redis::cmd("COMMAND").arg("LIST").query(&mut con).unwrap();
    let all = all.iter().filter_map(|name| name.split_once('|'));
    let (known, unknown): (Vec<_>, Vec<_>) =
        all.partition(|(command, word)| is_subcommand(command, word) != Some(false));
    assert!(known.len() > 80, "{known:?}");
    assert!(
        unknown.is_empty(),
        "redgrease-syntax/src/commands/containers.rs needs {unknown:?}"
    );
}
