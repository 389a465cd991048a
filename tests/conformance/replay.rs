//! Replays one conversation with a new server.

use crate::compare::{Got, difference};
use crate::recorded::{Action, Group, Step};
use crate::resp::{Client, Reply};
use redgrease_embedded::{Builder, Server};
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// Time limit of a step that installs packages from the network.
const PATIENCE: Duration = Duration::from_mins(1);
/// Time limit of any other step.
const SHORT_PATIENCE: Duration = Duration::from_secs(15);
/// Name of the connection to the replica.
const REPLICA: &str = "replica";

/// The result of one conversation.
pub(crate) struct Outcome {
    pub(crate) group: String,
    /// Number of compared steps.
    pub(crate) total: usize,
    /// The differing steps, with a description of the difference.
    pub(crate) different: Vec<(String, String)>,
}

/// Runs every step. When the server dies or does not answer, all following steps differ.
pub(crate) fn replay(group: &Group) -> Outcome {
    let mut outcome = Outcome {
        group: group.name.clone(),
        total: group.steps.iter().filter(|step| counts(step)).count(),
        different: Vec::new(),
    };
    let servers = match Servers::start(group) {
        Ok(server) => server,
        Err(error) => {
            outcome.different = group
                .steps
                .iter()
                .filter(|step| counts(step))
                .filter_map(|step| Some((step.name.clone()?, format!("no server: {error}"))))
                .collect();
            return outcome;
        }
    };
    let mut talk = Talk {
        servers: &servers,
        clients: HashMap::new(),
        patience: patience(group),
    };
    for step in &group.steps {
        let got = talk.perform(step);
        let (Some(name), Some(got)) = (&step.name, got) else {
            continue;
        };
        if !counts(step) {
            continue;
        }
        let wrong = if step.is_crash() {
            talk.trouble()
        } else {
            difference(step, &got)
        };
        if let Some(wrong) = wrong {
            outcome.different.push((name.clone(), wrong));
        }
    }
    outcome
}

/// Whether the reply of a step is compared.
fn counts(step: &Step) -> bool {
    step.name.is_some() && step.stable && !step.expected.is_empty()
}

fn patience(group: &Group) -> Duration {
    if group.name == "requirements" {
        PATIENCE
    } else {
        SHORT_PATIENCE
    }
}

/// The server of a conversation, and its replica if the conversation has one.
struct Servers {
    server: Server,
    replica: Option<Server>,
}

impl Servers {
    fn start(group: &Group) -> Result<Servers, String> {
        let wrong = |error: redgrease_embedded::Error| error.to_string();
        if group.steps.iter().all(|step| step.conn != REPLICA) {
            let server = prepare(group).start().map_err(wrong)?;
            let replica = None;
            return Ok(Servers { server, replica });
        }
        let port = free_port().map_err(|error| error.to_string())?;
        let server = prepare(group)
            .port(port)
            .server_arg("repl-diskless-sync-delay", "0")
            .start()
            .map_err(wrong)?;
        let replica = prepare(group).start().map_err(wrong)?;
        follow(&replica, &server, port).map_err(|error| format!("no replica: {error}"))?;
        Ok(Servers {
            server,
            replica: Some(replica),
        })
    }

    /// The server of a connection.
    fn of(&self, conn: &str) -> &Server {
        match &self.replica {
            Some(replica) if conn == REPLICA => replica,
            _ => &self.server,
        }
    }
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Makes a server the replica of another one, and waits until replication works.
fn follow(replica: &Server, server: &Server, port: u16) -> io::Result<()> {
    ask(replica, &["REPLICAOF", "127.0.0.1", &port.to_string()])?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let says = |server: &Server, words: &str| {
            Ok::<_, io::Error>(match ask(server, &["INFO", "replication"])? {
                Reply::Bulk(info) => String::from_utf8_lossy(&info).contains(words),
                _ => false,
            })
        };
        // Both ends must agree: the replica may still load the data when the primary is done.
        if says(server, "state=online")? && says(replica, "master_link_status:up")? {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Waits until the replica has received all writes so far. WAIT would only consider the writes of its
/// own connection.
fn catch_up(server: &Server, replica: &Server) -> io::Result<()> {
    let offset = |server: &Server, field: &str| {
        let Reply::Bulk(info) = ask(server, &["INFO", "replication"])? else {
            return Ok(None);
        };
        let info = String::from_utf8_lossy(&info);
        let value = info.lines().find_map(|line| line.strip_prefix(field));
        Ok::<_, io::Error>(value.and_then(|value| value.trim().parse::<u64>().ok()))
    };
    let told = offset(server, "master_repl_offset:")?;
    let begun = Instant::now();
    while offset(replica, "slave_repl_offset:")? < told {
        if begun.elapsed() > SHORT_PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn ask(server: &Server, words: &[&str]) -> io::Result<Reply> {
    let mut client = Client::connect(server.socket(), SHORT_PATIENCE)?;
    let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    client.send(&words)?;
    Ok(client.receive()?.0)
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

struct Talk<'a> {
    servers: &'a Servers,
    clients: HashMap<String, Client>,
    patience: Duration,
}

impl Talk<'_> {
    fn perform(&mut self, step: &Step) -> Option<Got> {
        match &step.action {
            Action::Note => None,
            Action::Sleep(duration) => {
                thread::sleep(*duration);
                if let Some(replica) = &self.servers.replica {
                    // A replica may need another second before it receives writes.
                    let _ = catch_up(&self.servers.server, replica);
                }
                None
            }
            Action::Post(words) => {
                let posted = self
                    .client(&step.conn)
                    .and_then(|client| client.send(words));
                posted.err().map(|error| self.failed(&step.conn, &error))
            }
            Action::Collect => Some(self.collect(&step.conn)),
            Action::Send(words) => {
                match self
                    .client(&step.conn)
                    .and_then(|client| client.send(words))
                {
                    Ok(()) => Some(self.collect(&step.conn)),
                    Err(error) => Some(self.failed(&step.conn, &error)),
                }
            }
        }
    }

    fn client(&mut self, conn: &str) -> io::Result<&mut Client> {
        if !self.clients.contains_key(conn) {
            let client = Client::connect(self.servers.of(conn).socket(), self.patience)?;
            self.clients.insert(conn.to_owned(), client);
        }
        self.clients
            .get_mut(conn)
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn collect(&mut self, conn: &str) -> Got {
        match self.client(conn).and_then(Client::receive) {
            Ok((reply, raw)) => Got::Reply(reply, raw),
            Err(error) => self.failed(conn, &error),
        }
    }

    /// Drops a failed connection, because its next replies would belong to earlier commands.
    fn failed(&mut self, conn: &str, error: &io::Error) -> Got {
        let rest = self
            .clients
            .remove(conn)
            .map(|mut client| client.rest())
            .unwrap_or_default();
        Got::Nothing(format!("{error} (unread: {})", rest.escape_ascii()))
    }

    /// Describes what is wrong with the server after a step that crashed `RedisGears`.
    fn trouble(&mut self) -> Option<String> {
        self.clients.remove("after");
        let question = vec![b"PING".to_vec()];
        match self
            .client("after")
            .and_then(|client| client.send(&question).and_then(|()| client.receive()))
        {
            Ok((Reply::Status(pong), _)) if pong == b"PONG" => None,
            Ok((other, _)) => Some(format!("PING was answered {other:?}")),
            Err(error) => Some(format!("PING was not answered: {error}")),
        }
    }
}
