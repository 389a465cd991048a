//! Handlers that limits or clients stop: that is a failure as well.

use crate::common::{empty, eventually, untyped};
use crate::{all_are_settled, letters, list};
use redgrease_embedded::Server;

const SCRIPT: &str = "
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'tried', n)
    if n == 'memory':
        x = bytearray(200 << 20)
    while n == 'time':
        pass
    if n == 'asleep':
        import asyncio
        return asyncio.sleep(3600)
    execute('RPUSH', 'handled', n)
GB('StreamReader').foreach(handle).register('s', onFailedPolicy=POLICY, onFailedRetryInterval=0, MORE deadLetter='dead', mode=MODE)
";

fn start(server: &Server, mode: &str) {
    let (policy, retries) = if mode == "sync" {
        ("'continue'", "")
    } else {
        ("'retry'", "maxRetries=1,")
    };
    let script = SCRIPT
        .replace("POLICY", policy)
        .replace("MORE", retries)
        .replace("MODE", &format!("'{mode}'"));
    assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
}

#[test]
fn a_handler_that_a_limit_stops_each_time_is_given_up() {
    for mode in ["async", "async_local", "sync"] {
        for (limit, value, message) in [
            ("ExecutionMaxMemory", "67108864", "memory"),
            ("ExecutionMaxTime", "300", "time"),
            ("LockMaxTime", "300", "time"),
        ] {
            // Sync handlers hold the lock of the server, the others do not.
            if (mode == "sync") != (limit == "LockMaxTime") && limit != "ExecutionMaxMemory" {
                continue;
            }
            let (server, _con) = empty();
            start(&server, mode);
            assert_eq!(
                untyped(&server, &["RG.CONFIGSET", limit, value]),
                "OK",
                "{limit}"
            );
            untyped(&server, &["XADD", "s", "*", "n", message]);
            untyped(&server, &["XADD", "s", "*", "n", "good"]);
            eventually("the next one is handled", || {
                list(&server, "handled") == ["good"]
            });
            all_are_settled(&server);
            let letters = letters(&server);
            assert_eq!(letters.len(), 1, "{mode} {limit}");
            let error = &letters[0]["redgrease:error"];
            assert!(
                error.contains(limit) || error.contains("memory"),
                "{mode} {limit}: {error}"
            );
        }
    }
}

#[test]
fn a_client_that_aborts_a_coroutine_is_a_failure() {
    let (server, _con) = empty();
    start(&server, "async");
    untyped(&server, &["XADD", "s", "*", "n", "asleep"]);
    for tries in 1..=2 {
        eventually("it sleeps", || list(&server, "tried").len() == tries);
        let running = || {
            let all = untyped(&server, &["RG.DUMPEXECUTIONS"]);
            let rows: Vec<&str> = all.lines().collect();
            let found = rows.chunks(6).find(|row| row[3] == "running");
            found.map(|row| row[1].to_owned())
        };
        eventually("it runs", || running().is_some());
        untyped(&server, &["RG.ABORTEXECUTION", &running().unwrap()]);
    }
    all_are_settled(&server);
    assert_eq!(
        letters(&server)[0]["redgrease:error"],
        "a client aborted the execution"
    );
}
