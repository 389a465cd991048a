//! A master and a replica with hooks, whose roles change and which are killed again and again.

use crate::{BOUND, PAUSE, Until};
use redgrease_embedded::Server;
use redgrease_tools::{Client, Outcome, Random, check_log, hooked};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Clients of the master.
const CLIENTS: u64 = 3;

/// One of the two servers, with the place of its data.
struct Node<'a> {
    dir: &'a Path,
    port: u16,
    server: Server,
}

impl<'a> Node<'a> {
    fn start(dir: &'a Path, port: u16) -> Outcome<Node<'a>> {
        let start = || {
            Server::builder()
                .dir(dir)
                .port(port)
                .server_arg("appendonly", "yes")
                .server_arg("appendfsync", "no")
                .server_arg("repl-diskless-sync-delay", "0")
                .server_arg("repl-ping-replica-period", "1")
                .start()
        };
        // A child of a killed server may hold its directory for a moment.
        let begun = Instant::now();
        loop {
            match start() {
                Ok(server) => return Ok(Node { dir, port, server }),
                Err(error) if begun.elapsed() > BOUND => return Err(error.to_string()),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn client(&self) -> Outcome<Client> {
        Client::connect(self.server.url(), BOUND)
    }

    /// Kills the server and starts it with its data.
    fn again(self) -> Outcome<Node<'a>> {
        let (dir, port) = (self.dir, self.port);
        self.server.kill().map_err(|error| error.to_string())?;
        Node::start(dir, port)
    }
}

#[derive(Debug, Default)]
struct Totals {
    commands: usize,
    comparisons: usize,
    kills: usize,
    promotions: usize,
}

pub(crate) fn run(until: &Until, seed: u64) -> Outcome {
    let temporary = || tempfile::tempdir().map_err(|error| format!("no directory: {error}"));
    let (first, second) = (temporary()?, temporary()?);
    let outcome = lives(until, seed, first.path(), second.path());
    outcome.map_err(|error| {
        let (first, second) = (first.keep(), second.keep());
        format!(
            "{error}\nthe files are kept in {} and {}",
            first.display(),
            second.display()
        )
    })
}

fn lives(until: &Until, seed: u64, first: &Path, second: &Path) -> Outcome {
    let mut random = Random::new(seed);
    let mut totals = Totals::default();
    let mut master = Node::start(first, free_port()?)?;
    let mut replica = Node::start(second, free_port()?)?;
    hooked::follow(&mut replica.client()?, master.port, BOUND)?;
    hooked::prepare(&mut master.client()?)?;
    while !until.is_over() {
        let time = Duration::from_millis(500 + random.below(4000) as u64).min(until.left());
        let killed = random.once_in(3);
        replica = load(&master, replica, time, random.number(), killed, &mut totals)?;
        compared(&master, &replica, &mut totals)?;
        match random.below(4) {
            0 => {
                // The replica has everything: it takes over, and the master follows it.
                replica.client()?.text(&["REPLICAOF", "NO", "ONE"])?;
                (master, replica) = (replica, master);
                hooked::follow(&mut replica.client()?, master.port, BOUND)?;
                totals.promotions += 1;
            }
            1 => {
                replica.client()?.text(&["REPLICAOF", "NO", "ONE"])?;
                let former = master.again()?;
                (master, replica) = (replica, former);
                compared_after_restart(&master, &replica)?;
                hooked::follow(&mut replica.client()?, master.port, BOUND)?;
                totals.kills += 1;
                totals.promotions += 1;
            }
            _ => {}
        }
    }
    println!("on the pair with hooks: {totals:?}");
    for node in [master, replica] {
        node.server.stop().map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Sends commands to the master for a time. The replica is killed in the middle if `kill`.
fn load<'a>(
    master: &Node<'_>,
    replica: Node<'a>,
    time: Duration,
    seed: u64,
    kill: bool,
    totals: &mut Totals,
) -> Outcome<Node<'a>> {
    let over = AtomicBool::new(false);
    let sent = AtomicUsize::new(0);
    let outcome = thread::scope(|scope| {
        let client = |number: u64| {
            let (over, sent) = (&over, &sent);
            scope.spawn(move || {
                let mut random = Random::new(seed.wrapping_add(number));
                let mut client = master.client()?;
                while !over.load(Ordering::Relaxed) {
                    hooked::send_one(&mut client, &mut random)?;
                    sent.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(PAUSE);
                }
                Outcome::Ok(())
            })
        };
        let clients: Vec<_> = (0..CLIENTS).map(client).collect();
        thread::sleep(time / 2);
        let replica = if kill {
            replica.again().and_then(|replica| {
                hooked::follow(&mut replica.client()?, master.port, BOUND)?;
                Ok(replica)
            })
        } else {
            Ok(replica)
        };
        thread::sleep(time / 2);
        over.store(true, Ordering::Relaxed);
        for client in clients {
            client
                .join()
                .unwrap_or_else(|_| Err("a client panicked".to_owned()))?;
        }
        replica
    });
    totals.commands += sent.into_inner();
    totals.kills += usize::from(kill);
    outcome.map_err(|error| format!("{error}\n{}", master.server.log_tail(30)))
}

fn compared(master: &Node<'_>, replica: &Node<'_>, totals: &mut Totals) -> Outcome {
    check_log(&master.server)?;
    check_log(&replica.server)?;
    hooked::compare(&master.server, &replica.server, BOUND)?;
    totals.comparisons += 1;
    Ok(())
}

/// Checks that a server which was killed has the keys of its AOF.
fn compared_after_restart(expected: &Node<'_>, restarted: &Node<'_>) -> Outcome {
    hooked::difference(&mut expected.client()?, &mut restarted.client()?)
        .map(drop)
        .map_err(|error| format!("after a restart from the AOF: {error}"))
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}
