//! The servers of one conversation.

use crate::recorded::Group;
use crate::resp::{Client, Reply};
use redgrease_embedded::{Builder, Cluster, Server};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// Time limit of what servers agree about.
const PATIENCE: Duration = Duration::from_mins(1);
/// Time limit of an answer.
const SHORT_PATIENCE: Duration = Duration::from_secs(15);
/// Name of the connection to the replica.
const REPLICA: &str = "replica";

/// The servers of a conversation.
pub(crate) enum Servers {
    Alone(Server),
    WithReplica { server: Server, replica: Server },
    Shards(Cluster),
}

impl Servers {
    pub(crate) fn start(group: &Group) -> Result<Servers, String> {
        let wrong = |error: redgrease_embedded::Error| error.to_string();
        if group.name == "cluster.nocluster" {
            let server = prepare(group).server_arg("cluster-enabled", "yes").start();
            return server.map(Servers::Alone).map_err(wrong);
        }
        if group.in_cluster {
            let cluster = Server::cluster().shards(3).start().map_err(wrong)?;
            // The recorded shards had the slots that `redis-cli` gives them.
            cluster.move_slot(10922, 1).map_err(wrong)?;
            let known = shards_know_each_other(&cluster);
            known.map_err(|error| format!("no cluster: {error}"))?;
            return Ok(Servers::Shards(cluster));
        }
        if group.steps.iter().all(|step| step.conn != REPLICA) {
            return prepare(group).start().map(Servers::Alone).map_err(wrong);
        }
        let port = free_port().map_err(|error| error.to_string())?;
        let server = prepare(group)
            .port(port)
            .server_arg("repl-diskless-sync-delay", "0")
            .start()
            .map_err(wrong)?;
        let replica = prepare(group).start().map_err(wrong)?;
        follow(&replica, &server, port).map_err(|error| format!("no replica: {error}"))?;
        Ok(Servers::WithReplica { server, replica })
    }

    /// The socket of the server that a connection leads to.
    pub(crate) fn socket(&self, conn: &str) -> PathBuf {
        match self {
            Servers::WithReplica { replica, .. } if conn == REPLICA => replica.socket().to_owned(),
            Servers::Alone(server) | Servers::WithReplica { server, .. } => {
                server.socket().to_owned()
            }
            Servers::Shards(cluster) => cluster.shard(number(conn)).socket(),
        }
    }

    /// Waits until the replica has received all writes so far. WAIT would only consider the writes of its own connection.
    pub(crate) fn catch_up(&self) -> io::Result<()> {
        let Servers::WithReplica { server, replica } = self else {
            return Ok(());
        };
        let offset = |server: &Server, field: &str| {
            let Reply::Bulk(info) = ask(server.socket(), &["INFO", "replication"])? else {
                return Ok(None);
            };
            let info = String::from_utf8_lossy(&info);
            let value = info.lines().find_map(|line| line.strip_prefix(field));
            Ok::<_, io::Error>(value.and_then(|value| value.trim().parse::<u64>().ok()))
        };
        let told = offset(server, "master_repl_offset:")?;
        await_that(SHORT_PATIENCE, || {
            Ok(offset(replica, "slave_repl_offset:")? >= told)
        })
    }

    /// Kills a shard, and waits until the others know it.
    pub(crate) fn kill(&self, conn: &str) -> io::Result<()> {
        let Servers::Shards(cluster) = self else {
            return Ok(());
        };
        let killed = number(conn);
        cluster.shard(killed).kill().map_err(io::Error::other)?;
        for shard in (0..cluster.shards()).filter(|shard| *shard != killed) {
            let socket = cluster.shard(shard).socket();
            await_that(PATIENCE, || {
                Ok(text(ask(&socket, &["CLUSTER", "INFO"])?).contains("cluster_state:fail"))
            })?;
            // Otherwise the engine knows it up to a quarter of a second later.
            ask(&socket, &["RG.REFRESHCLUSTER"])?;
        }
        Ok(())
    }
}

/// The number of the shard that a connection leads to: they are named `shard1`, `shard2`, ..
fn number(conn: &str) -> usize {
    let number = conn
        .strip_prefix("shard")
        .and_then(|digits| digits.parse().ok());
    number.map_or(0, |number: usize| number - 1)
}

/// Waits until the engine of each shard knows the slots and the processes of all shards.
fn shards_know_each_other(cluster: &Cluster) -> io::Result<()> {
    for shard in 0..cluster.shards() {
        let socket = cluster.shard(shard).socket();
        await_that(SHORT_PATIENCE, || {
            let told = format!("{:?}", ask(&socket, &["RG.INFOCLUSTER"])?);
            Ok(told.contains("10923") && !told.contains("nil"))
        })?;
    }
    Ok(())
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Makes a server the replica of another one, and waits until replication works.
fn follow(replica: &Server, server: &Server, port: u16) -> io::Result<()> {
    ask(
        replica.socket(),
        &["REPLICAOF", "127.0.0.1", &port.to_string()],
    )?;
    let says = |server: &Server, words: &str| {
        let info = ask(server.socket(), &["INFO", "replication"])?;
        Ok::<_, io::Error>(text(info).contains(words))
    };
    // Both ends must agree: the replica may still load the data when the primary is done.
    await_that(PATIENCE, || {
        Ok(says(server, "state=online")? && says(replica, "master_link_status:up")?)
    })
}

fn await_that(limit: Duration, mut is_so: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let begun = Instant::now();
    while !is_so()? {
        if begun.elapsed() > limit {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

pub(crate) fn ask(socket: &Path, words: &[&str]) -> io::Result<Reply> {
    let mut client = Client::connect(socket, SHORT_PATIENCE)?;
    let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    client.send(&words)?;
    Ok(client.receive()?.0)
}

fn text(reply: Reply) -> String {
    match reply {
        Reply::Bulk(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => String::new(),
    }
}

fn prepare(group: &Group) -> Builder {
    let mut builder = Server::builder();
    for pair in group.module_args.chunks_exact(2) {
        builder = builder.module_arg(&pair[0], &pair[1]);
    }
    for pair in group.server_args.chunks_exact(2) {
        builder = builder.server_arg(&pair[0], &pair[1]);
    }
    // The recordings use DEBUG. Redis 6.2 always allows it, and does not know this setting.
    if !is_redis_6() {
        builder = builder.server_arg("enable-debug-command", "yes");
    }
    builder
}

fn is_redis_6() -> bool {
    let Ok(program) = redgrease_embedded::find_server() else {
        return false;
    };
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("v=6."))
}
