//! What `SLOWLOG`, `LATENCY` and `MONITOR` show of gears.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, untyped};

const SLOW: &str = "def slow(r):\n    time.sleep(0.05)\n    return r\n";

#[test]
fn latency_shows_runs_that_no_client_waits_for() {
    let kinds = [
        ("GB('ShardsIDReader').map(slow).run()", &["PING"][..]),
        ("GB().map(slow).register('k')", &["SET", "k", "v"]),
        (
            "GB('StreamReader').map(slow).register('s')",
            &["XADD", "s", "*", "n", "1"],
        ),
        ("registerTE(1, lambda: slow(1))", &["PING"]),
    ];
    for (script, cause) in kinds {
        let (server, _) = empty();
        untyped(
            &server,
            &["CONFIG", "SET", "latency-monitor-threshold", "1"],
        );
        let script = format!("{SLOW}{script}");
        untyped(&server, &["RG.PYEXECUTE", &script, "UNBLOCKING"]);
        untyped(&server, cause);
        eventually(&script, || {
            untyped(&server, &["LATENCY", "LATEST"]).contains("rg-run")
        });
    }
}

#[test]
fn latency_leaves_short_runs_and_those_of_waiting_clients_to_the_server() {
    let (server, _) = empty();
    let script = format!("{SLOW}GB('ShardsIDReader').map(slow).run()");
    untyped(&server, &["RG.PYEXECUTE", &script]);
    let quick = "GB('CommandReader').register(trigger='quick', mode='async_local')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", quick]), "OK");
    untyped(&server, &["RG.TRIGGER", "quick"]);
    assert_eq!(untyped(&server, &["LATENCY", "LATEST"]), "");
}

#[test]
fn hooked_commands_are_in_the_slow_log_with_their_words() {
    let (server, _) = empty();
    untyped(
        &server,
        &["CONFIG", "SET", "slowlog-log-slower-than", "20000"],
    );
    for (mode, command) in [
        ("sync", &["SET", "a", "1"][..]),
        ("async_local", &["GET", "a"]),
        ("sync", &["LPUSH", "l", "x"]),
        ("async_local", &["DEL", "a"]),
    ] {
        let script = format!(
            "{SLOW}GB('CommandReader').map(slow).map(lambda r: call_next(*r[1:])).register(hook='{}', mode='{mode}')",
            command[0]
        );
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        untyped(&server, command);
        let log = untyped(&server, &["SLOWLOG", "GET", "1"]);
        assert!(log.contains("rg.innerhook"), "{log}");
        assert!(log.contains(&command.join("\n")), "{log}");
    }
    for word in ["SET", "LPUSH"] {
        let stats = untyped(&server, &["INFO", "commandstats"]);
        let own = format!("cmdstat_{}:calls=1", word.to_lowercase());
        assert!(stats.contains(&own), "{stats}");
    }
}
