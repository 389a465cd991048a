//! Sessions with very many registrations: what is done with them grows with their number, not with its square.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, untyped};
use redgrease_embedded::Server;

/// With a square in it, the listing of so many rows has a size of 400 MB.
const MANY: usize = 3000;

const BODIES: [(&str, &str); 4] = [
    (
        "triggers",
        "GB('CommandReader').map(lambda x: 1).register(trigger='t%d' % i)",
    ),
    (
        "keys",
        "GB('KeysReader').foreach(lambda r: execute('RPUSH', 'seen', r['key'])).register('k%d' % i, eventTypes=['set'])",
    ),
    (
        "streams",
        "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'seen', r['key'])).register('s%d' % i)",
    ),
    (
        "patterns of streams",
        "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'seen', r['key'])).register('s%d*' % i)",
    ),
];

fn run(server: &Server, body: &str, count: usize, more: &[&str]) -> String {
    let script = format!("for i in range({count}):\n    {body}");
    let words = [&["RG.PYEXECUTE", script.as_str(), "ID", "app"], more].concat();
    untyped(server, &words)
}

fn ids(server: &Server) -> Vec<String> {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    assert!(rows.len() < 10_000 * MANY, "{} bytes", rows.len());
    let lines: Vec<&str> = rows.lines().collect();
    lines
        .windows(2)
        .filter(|pair| pair[0] == "id")
        .map(|pair| pair[1].to_owned())
        .collect()
}

#[test]
fn many_registrations_of_a_session() {
    for (kind, body) in BODIES {
        let (server, _con) = empty();
        assert_eq!(run(&server, body, MANY, &[]), "OK", "{kind}");
        assert_eq!(run(&server, body, MANY, &["UPGRADE"]), "OK", "{kind}");
        let all = ids(&server);
        assert_eq!(all.len(), MANY, "{kind}");
        let seen = |name: &str| {
            eventually("the handler has seen the key", || {
                untyped(&server, &["LRANGE", "seen", "0", "-1"]) == name
            });
        };
        match kind {
            "triggers" => assert_eq!(untyped(&server, &["RG.TRIGGER", "t2999"]), "1"),
            "keys" => {
                untyped(&server, &["SET", "k2999", "v"]);
                seen("k2999");
            }
            _ => {
                untyped(&server, &["XADD", "s2999", "*", "f", "v"]);
                // A pattern also covers longer names: `s2*`, `s29*` and `s299*` share the stream.
                seen("s2999");
            }
        }
        for id in &all[..200] {
            assert_eq!(untyped(&server, &["RG.UNREGISTER", id]), "OK", "{kind}");
        }
        assert_eq!(ids(&server).len(), MANY - 200, "{kind}");
        let twice = run(
            &server,
            "GB('CommandReader').map(lambda x: 1).register(trigger='same')",
            2,
            &["UPGRADE"],
        );
        assert!(
            twice.contains("already registered in this session"),
            "{twice}"
        );
        assert_eq!(run(&server, body, 1, &["UPGRADE"]), "OK");
        assert_eq!(ids(&server).len(), 1, "{kind}");
    }
}

#[test]
fn registrations_of_one_name_run_oldest_first() {
    let (server, _con) = empty();
    let script = "
for n in range(20):
    def handle(r, n=n):
        execute('RPUSH', 'seen', n)
    GB('KeysReader').foreach(handle).register('k' if n % 2 else 'k*', eventTypes=['set'], mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["SET", "k", "v"]);
    let expected: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    eventually("all have run, the oldest first", || {
        let seen = untyped(&server, &["LRANGE", "seen", "0", "-1"]);
        seen.lines().collect::<Vec<_>>() == expected
    });
}
