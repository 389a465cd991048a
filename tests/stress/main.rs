//! Everything at once, for a while: no call may hang or fail, no increment may be lost, and the
//! server must end in time although it is busy.
//!
//! | file | holds |
//! |---|---|
//! | `gears` | the Python that is registered |
//! | `client` | one connection |
//! | `jobs` | what the clients do |
//! | `load` | doing it for a while, and what is measured |
//!
//! `REDGREASE_STRESS_SECONDS=60` is the long version; `--nocapture` shows the figures.

#![allow(clippy::unwrap_used)]

mod client;
mod gears;
mod jobs;
mod load;

use client::Client;
use redgrease_embedded::Server;
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// One test at a time: the other one's load is not what a time is measured under.
static ALONE: Mutex<()> = Mutex::new(());

/// How long a busy server may take to end.
const LONGEST_SHUTDOWN: Duration = Duration::from_secs(2);

#[test]
fn a_busy_server_neither_hangs_nor_fails_nor_loses_anything() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let seconds = std::env::var("REDGREASE_STRESS_SECONDS").ok();
    let seconds = seconds.map_or(10, |text| text.parse().unwrap());
    let server = Server::start().unwrap();
    let mut client = Client::connect(&server);
    gears::prepare(&mut client);

    let report = load::run(&server, Duration::from_secs(seconds));
    println!("{report}");
    assert!(
        report.failures.is_empty(),
        "calls failed or hung:\n{}",
        report.failures.join("\n")
    );

    let increments = report.calls("atomic");
    assert_eq!(
        client.integer(&["GET", "counter"]),
        increments,
        "increments were lost"
    );
    gears::check_statistics(&mut client);
    assert_eq!(
        client.text(&["RG.DUMPEXECUTIONS"]),
        "[]",
        "executions were left behind"
    );
    let persistence = client.text(&["INFO", "persistence"]);
    assert!(
        persistence.contains("rdb_last_bgsave_status:ok"),
        "{persistence}"
    );
    assert!(report.calls("bgsave") > 0);
    let log = fs::read_to_string(server.log_path()).unwrap();
    assert!(
        !log.contains("BUG REPORT") && !log.contains("panicked"),
        "{log}"
    );
}

#[test]
fn a_busy_server_ends_in_time() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let server = Server::builder().dir(dir.path()).start().unwrap();
    let mut client = Client::connect(&server);
    gears::prepare(&mut client);
    // One that never ends for each thread of the pool, and some that must wait behind them.
    for _ in 0..8 {
        client.text(&["RG.PYEXECUTE", gears::ENDLESS, "UNBLOCKING"]);
    }
    thread::scope(|scope| {
        let deadline = Instant::now() + Duration::from_secs(10);
        for trigger in ["sync", "async", "async_local", "atomic_async"] {
            let mut client = Client::connect(&server);
            // Until the server is gone, which is no failure here.
            scope.spawn(move || {
                while client.call(&["RG.TRIGGER", trigger, "x"]).is_ok() {
                    assert!(Instant::now() < deadline, "the server does not end");
                }
            });
        }
        while client.running_executions() == 0 {
            assert!(Instant::now() < deadline, "no execution ever ran");
        }
        let log = server.log_path().to_owned();
        let begun = Instant::now();
        server.stop().unwrap();
        let taken = begun.elapsed();
        println!("ended in {taken:?}");
        assert!(taken < LONGEST_SHUTDOWN, "it took {taken:?} to end");
        let log = fs::read_to_string(log).unwrap();
        assert!(log.contains("bye bye"), "it did not end by itself:\n{log}");
        assert!(!log.contains("BUG REPORT"), "{log}");
    });
}
