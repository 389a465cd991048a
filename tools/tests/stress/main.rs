//! Runs all kinds of gears at once: no call may hang or fail, no increment may be lost, and a busy
//! server must shut down in time.
//!
//! | file | purpose |
//! |---|---|
//! | `gears.rs` | the registered gears |
//! | `jobs.rs` | the jobs of the clients |
//! | `listings.rs` | reads the server's listings |
//!
//! `REDGREASE_STRESS_SECONDS=60` makes the test run for 60 seconds instead of 10; `--nocapture`
//! shows the table of calls.

#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod gears;
mod jobs;
mod listings;

use redgrease_embedded::Server;
use redgrease_tools::gears::ENDLESS;
use redgrease_tools::{Client, Load, Random, check_log, hooked, join};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Time limit of a call; a call that takes longer counts as hanging. The slowest call on a slow
/// machine takes far less.
const BOUND: Duration = Duration::from_secs(20);

/// Held by each test while it runs: the load of one test would distort the times of the other.
static ALONE: Mutex<()> = Mutex::new(());

/// Time limit of the shutdown of a busy server.
const LONGEST_SHUTDOWN: Duration = Duration::from_secs(2);

fn connect(server: &Server) -> Client {
    Client::connect(server.url(), BOUND).unwrap()
}

#[test]
fn a_busy_server_neither_hangs_nor_fails_nor_loses_anything() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let seconds = std::env::var("REDGREASE_STRESS_SECONDS").ok();
    let seconds = seconds.map_or(10, |text| text.parse().unwrap());
    let server = Server::start().unwrap();
    let mut client = connect(&server);
    gears::prepare(&mut client);

    let time = Duration::from_secs(seconds);
    let load = Load::new(&jobs::JOBS, Duration::ZERO);
    let outcome = thread::scope(|scope| {
        let clients = load.start(scope, server.url(), BOUND).unwrap();
        thread::sleep(time);
        load.stop();
        join(clients)
    });
    println!("{}", load.table(time));
    outcome.unwrap_or_else(|failures| panic!("calls failed or hung:\n{failures}"));

    let increments = load.calls("atomic");
    assert_eq!(
        client.text(&["GET", "counter"]).unwrap(),
        increments.to_string(),
        "increments were lost"
    );
    gears::check_statistics(&mut client);
    assert_eq!(
        client.text(&["RG.DUMPEXECUTIONS"]).unwrap(),
        "[]",
        "executions were left behind"
    );
    let persistence = client.text(&["INFO", "persistence"]).unwrap();
    assert!(
        persistence.contains("rdb_last_bgsave_status:ok"),
        "{persistence}"
    );
    assert!(load.calls("bgsave") > 0);
    check_log(&server).unwrap();
}

#[test]
fn a_replica_of_a_busy_server_with_hooks_has_the_same_keys() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let master = Server::builder().port(port).start().unwrap();
    let replica = Server::start().unwrap();
    hooked::follow(&mut connect(&replica), port, BOUND).unwrap();
    hooked::prepare(&mut connect(&master)).unwrap();
    let begun = Instant::now();
    thread::scope(|scope| {
        for seed in 0..4 {
            let mut client = connect(&master);
            scope.spawn(move || {
                let mut random = Random::new(seed);
                while begun.elapsed() < Duration::from_secs(5) {
                    hooked::send_one(&mut client, &mut random).unwrap();
                }
            });
        }
    });
    let keys = hooked::compare(&master, &replica, BOUND).unwrap();
    assert!(keys > 10, "only {keys} keys");
    check_log(&master).unwrap();
    check_log(&replica).unwrap();
}

#[test]
fn a_busy_server_ends_in_time() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let server = Server::builder().dir(dir.path()).start().unwrap();
    let mut client = connect(&server);
    gears::prepare(&mut client);
    // More endless runs than the pool has threads: some of them wait in the queue.
    for _ in 0..8 {
        client
            .text(&["RG.PYEXECUTE", ENDLESS, "UNBLOCKING"])
            .unwrap();
    }
    thread::scope(|scope| {
        let deadline = Instant::now() + Duration::from_secs(10);
        for trigger in ["sync", "async", "async_local", "atomic_async"] {
            let mut client = connect(&server);
            // Calls until the server has ended; that last failure is expected.
            scope.spawn(move || {
                while client.call(&["RG.TRIGGER", trigger, "x"]).is_ok() {
                    assert!(Instant::now() < deadline, "the server does not end");
                }
            });
        }
        while listings::running_executions(&mut client) == 0 {
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
