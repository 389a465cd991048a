//! Several commands in one go: each node gets those that belong to it.

use super::node::{Node, Sending};
use super::nodes::Nodes;
use super::outcome::{Outcome, runs_while_down};
use super::slots::Place;
use super::split::Split;
use super::way::{Way, refused, way};
use crate::connection::packed::words;
use crate::error::Error;
use redis::{Cmd, Pipeline, RedisError, RedisResult, ServerError, Value};

/// How often a transaction is sent at most.
const MOST_TRIES: usize = 5;

impl<N: Node> Nodes<N> {
    /// Sends a pipeline. Returns the answers of its commands in their order, or the answer of a transaction.
    pub(in super::super) async fn several(
        &self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
        sending: Sending,
    ) -> RedisResult<Vec<Value>> {
        if pipeline.is_transaction() {
            return self.transaction(pipeline, offset, count, sending).await;
        }
        let commands: Vec<(&Cmd, Option<Split>)> = pipeline
            .cmd_iter()
            .map(|cmd| (cmd, Split::of(cmd)))
            .collect();
        let mut parts = Vec::new();
        for (cmd, split) in &commands {
            match split {
                Some(split) => parts.extend(split.parts()),
                None => parts.push(*cmd),
            }
        }
        let mut answered = self.each_of(&parts, sending).await?.into_iter();
        let mut answers = Vec::new();
        for (_, split) in &commands {
            answers.push(match split {
                Some(split) => {
                    let parts = answered.by_ref().take(split.parts().count());
                    split.merged(parts.collect())?
                }
                None => answered.next().unwrap_or(Value::Nil),
            });
        }
        Ok(answers.into_iter().skip(offset).take(count).collect())
    }

    /// Sends commands that have no parts. Returns their answers in their order.
    pub(super) async fn each_of(
        &self,
        commands: &[&Cmd],
        sending: Sending,
    ) -> RedisResult<Vec<Value>> {
        let mut answers = vec![Value::Nil; commands.len()];
        let (groups, mut alone) = self.groups(commands)?;
        for (place, members) in groups {
            let mut part = redis::pipe();
            for at in &members {
                part.add_command(commands[*at].clone());
            }
            let sent = match self.node(&place) {
                Ok(node) => node.several(&part, 0, members.len(), sending).await,
                Err(e) => Err(e),
            };
            match sent {
                Ok(part) => {
                    for (at, answer) in members.into_iter().zip(part) {
                        let answer = Ok(answer);
                        match Outcome::of(&answer, &place) {
                            Outcome::Answered => answers[at] = answer?,
                            Outcome::Down if runs_while_down(commands[at], sending) => {
                                answers[at] = answer?;
                            }
                            _ => alone.push(at),
                        }
                    }
                }
                Err(e) if Outcome::of_error(&e, &place) == Outcome::Unsent => {
                    self.followed.doubt();
                    alone.extend(members);
                }
                Err(e) => {
                    self.followed.doubt();
                    return Err(e);
                }
            }
        }
        alone.sort_unstable();
        for at in alone {
            answers[at] = as_answer(self.whole(commands[at], sending).await)?;
        }
        Ok(answers)
    }

    /// The places of the commands of each node, and those of commands that go to several nodes.
    #[allow(clippy::type_complexity, reason = "two lists of places")]
    fn groups(&self, commands: &[&Cmd]) -> RedisResult<(Vec<(Place, Vec<usize>)>, Vec<usize>)> {
        let (mut groups, mut alone) = (Vec::<(Place, Vec<usize>)>::new(), Vec::new());
        let any = self.followed.node_for(&Way::Any, &[]);
        for (at, cmd) in commands.iter().enumerate() {
            let place = match way(words(cmd)) {
                Way::Refused(name) => return Err(refused(&name)),
                Way::Primaries(_) | Way::Everywhere => None,
                Way::Any => any.clone(),
                way => self.followed.node_for(&way, &[]),
            };
            let Some(place) = place else {
                alone.push(at);
                continue;
            };
            match groups.iter_mut().find(|(other, _)| *other == place) {
                Some((_, members)) => members.push(at),
                None => groups.push((place, vec![at])),
            }
        }
        Ok((groups, alone))
    }

    /// Sends a transaction to the node of its keys. Again only if the node has refused it as a whole.
    async fn transaction(
        &self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
        sending: Sending,
    ) -> RedisResult<Vec<Value>> {
        let way = way_of_transaction(pipeline)?;
        let mut last = None;
        for _ in 0..MOST_TRIES {
            if self.followed.is_stale() {
                self.refresh(None, sending).await;
            }
            let place = self.followed.node_for(&way, &[]);
            // The same node would answer the same.
            let place = place.filter(|place| last.as_ref().is_none_or(|(other, _)| other != place));
            let Some(place) = place else { break };
            let sent = match self.node(&place) {
                Ok(node) => node.several(pipeline, offset, count, sending).await,
                Err(e) => Err(e),
            };
            let Err(e) = sent else { return sent };
            let is_whole = e.code() == Some("EXECABORT");
            match Outcome::of_error(&e, &place) {
                Outcome::Broken => {
                    self.followed.doubt();
                    return Err(e);
                }
                Outcome::Answered if !is_whole => return Err(e),
                _ => self.refresh(None, sending).await,
            }
            last = Some((place, e));
        }
        Err(last.map_or_else(no_place, |(_, e)| e))
    }
}

/// The way of all commands of a transaction: that of its keys, which must be in one slot.
fn way_of_transaction(pipeline: &Pipeline) -> RedisResult<Way> {
    let mut common = Way::Any;
    for cmd in pipeline.cmd_iter() {
        match (way(words(cmd)), &common) {
            (Way::Refused(name), _) => return Err(refused(&name)),
            (Way::Slot(slot), Way::Slot(other)) if slot != *other => {
                return Err(Error::config(
                    "the keys of a transaction are in different slots of the cluster, so nothing was sent: give them the \
                     same part in braces (`{user:1}:name`, `{user:1}:age`), or leave `.atomic()` out",
                )
                .into_redis());
            }
            (way @ Way::Slot(_), _) => common = way,
            _ => {}
        }
    }
    Ok(common)
}

/// An error of the server is an answer of a pipeline; others are errors of the whole.
fn as_answer(answer: RedisResult<Value>) -> RedisResult<Value> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(e) => match ServerError::try_from(e) {
            Ok(e) => Ok(Value::ServerError(e)),
            Err(e) => Err(e),
        },
    }
}

fn no_place() -> RedisError {
    Error::config(
        "no node of the cluster serves the keys of the transaction, so nothing was sent: look with CLUSTER SHARDS which \
         slots have no node",
    )
    .into_redis()
}
