//! Replays one conversation with a new server.

use crate::compare::{Got, difference};
use crate::ids::{Ids, only_id_of};
use crate::recorded::{Action, Expected, Group, Step};
use crate::resp::{Client, Reply};
use crate::servers::{Servers, ask};
use std::collections::HashMap;
use std::io;
use std::thread;
use std::time::Duration;

/// Time limit of a step that installs packages from the network.
const PATIENCE: Duration = Duration::from_mins(1);
/// Time limit of any other step.
const SHORT_PATIENCE: Duration = Duration::from_secs(15);

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
        ids: Ids::default(),
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

struct Talk<'a> {
    servers: &'a Servers,
    clients: HashMap<String, Client>,
    ids: Ids,
    patience: Duration,
}

impl Talk<'_> {
    fn perform(&mut self, step: &Step) -> Option<Got> {
        match &step.action {
            Action::Note => None,
            Action::Sleep(duration) => {
                thread::sleep(*duration);
                // A replica may need another second before it receives writes.
                let _ = self.servers.catch_up();
                None
            }
            Action::Kill(conn) => {
                self.clients.remove(conn);
                let killed = self.servers.kill(conn);
                killed.err().map(|error| self.failed(conn, &error))
            }
            Action::Post(words) => {
                let posted = self
                    .client(&step.conn)
                    .and_then(|client| client.send(words));
                posted.err().map(|error| self.failed(&step.conn, &error))
            }
            Action::Collect => Some(self.collect(&step.conn)),
            Action::Send(words) => {
                let words = self.translated(&step.conn, words);
                let got = match self
                    .client(&step.conn)
                    .and_then(|client| client.send(&words))
                {
                    Ok(()) => self.collect(&step.conn),
                    Err(error) => self.failed(&step.conn, &error),
                };
                if let (Got::Reply(got, _), Some(Expected::Reply(recorded))) =
                    (&got, step.expected.first())
                {
                    self.ids.learn(recorded, got);
                }
                Some(got)
            }
        }
    }

    /// The words of a command with the ids of this run.
    fn translated(&self, conn: &str, words: &[Vec<u8>]) -> Vec<Vec<u8>> {
        self.ids.translate(words, |shard| {
            let registrations = ask(&self.servers.socket(conn), &["RG.DUMPREGISTRATIONS"]);
            only_id_of(shard, &registrations.ok()?)
        })
    }

    fn client(&mut self, conn: &str) -> io::Result<&mut Client> {
        if !self.clients.contains_key(conn) {
            let client = Client::connect(&self.servers.socket(conn), self.patience)?;
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
