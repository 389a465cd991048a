//! One conversation with a fresh server.

use crate::compare::{Got, difference};
use crate::recorded::{Action, Group, Step};
use crate::resp::{Client, Reply};
use redgrease_embedded::Server;
use std::collections::HashMap;
use std::io;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// Longer than any recorded step takes, an installation from the network included.
const PATIENCE: Duration = Duration::from_mins(1);
const SHORT_PATIENCE: Duration = Duration::from_secs(15);

/// What came of one conversation.
pub(crate) struct Outcome {
    pub(crate) group: String,
    /// The steps that count.
    pub(crate) total: usize,
    /// The steps that were answered otherwise, and how.
    pub(crate) different: Vec<(String, String)>,
}

/// Runs every step. A server that dies or does not answer makes the steps after it different too.
pub(crate) fn replay(group: &Group) -> Outcome {
    let mut outcome = Outcome {
        group: group.name.clone(),
        total: group.steps.iter().filter(|step| counts(step)).count(),
        different: Vec::new(),
    };
    let server = match start(group) {
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
        server: &server,
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

/// Steps that differed between two recordings prove nothing.
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

fn start(group: &Group) -> redgrease_embedded::Result<Server> {
    let mut builder = Server::builder();
    for pair in group.module_args.chunks_exact(2) {
        builder = builder.module_arg(&pair[0], &pair[1]);
    }
    for pair in group.server_args.chunks_exact(2) {
        builder = builder.server_arg(&pair[0], &pair[1]);
    }
    // The recordings use DEBUG, which Redis 6.2 always allows and does not know the setting of.
    if !is_redis_6() {
        builder = builder.server_arg("enable-debug-command", "yes");
    }
    builder.start()
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
    server: &'a Server,
    clients: HashMap<String, Client>,
    patience: Duration,
}

impl Talk<'_> {
    fn perform(&mut self, step: &Step) -> Option<Got> {
        match &step.action {
            Action::Note => None,
            Action::Sleep(duration) => {
                thread::sleep(*duration);
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
            let client = Client::connect(self.server.socket(), self.patience)?;
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

    /// A connection that failed is of no more use: its replies would answer other questions.
    fn failed(&mut self, conn: &str, error: &io::Error) -> Got {
        let rest = self
            .clients
            .remove(conn)
            .map(|mut client| client.rest())
            .unwrap_or_default();
        Got::Nothing(format!("{error} (unread: {})", rest.escape_ascii()))
    }

    /// Whether the server is in trouble after a step that the original did not survive.
    fn trouble(&mut self) -> Option<String> {
        self.clients.remove("after");
        let question = vec![b"PING".to_vec()];
        match self
            .client("after")
            .and_then(|client| client.send(&question).and_then(|()| client.receive()))
        {
            Ok((Reply::Status(pong), _)) if pong == b"PONG" => None,
            Ok((other, _)) => Some(format!("PING is answered {other:?}")),
            Err(error) => Some(format!("PING is not answered: {error}")),
        }
    }
}
