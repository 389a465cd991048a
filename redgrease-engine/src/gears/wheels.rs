//! Packages that another shard of the cluster has: they come from there, as wheels. So all shards have the same versions, and a shard
//! without network has them, too.

use crate::cluster::topology::{self, Health, NodeId};
use crate::cluster::{Kind, Limit, Question, questions};
use crate::redis::{Level, log};
use crate::requirements::{self, Portable, without_credentials};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A server that says nothing for so long is not waited for. Wheels of any size may take their time.
const SILENCE: Duration = Duration::from_secs(5);

/// A server whose export hangs is not waited for any longer.
const LONGEST: Duration = Duration::from_mins(5);

/// Answers the other servers of the cluster from now on.
pub(crate) fn share_packages() {
    if let Some(questions) = questions() {
        questions.on(Kind::WHEELS, |question| {
            // Reading wheels takes long. A question that gets no thread is refused.
            let answer = thread::Builder::new().name("rg-export".into());
            let _ = answer.spawn(move || answer_with_wheels(question));
        });
    }
}

fn answer_with_wheels(question: Question) {
    let name = String::from_utf8_lossy(question.content()).into_owned();
    let store = requirements::store();
    let is_here = |store: &&requirements::Store| store.is_installed(&name);
    match store.filter(is_here).map(|store| store.export(&name)) {
        Some(Ok(Some(portable))) => question.answer(&portable.encode()),
        Some(Err(failure)) => question.refuse(&failure.to_string()),
        Some(Ok(None)) | None => question.refuse("it is not installed here"),
    }
}

/// Installs packages that another shard has. What no shard has, or what does not fit this server, is left out. Blocks until all of it
/// is done.
pub(crate) fn bring(names: &[String]) {
    let Some(store) = requirements::store() else {
        return;
    };
    for name in names.iter().filter(|name| !store.is_installed(name)) {
        for node in others() {
            let Some(portable) = ask(node, name) else {
                continue;
            };
            match store.import(&portable) {
                Ok(()) => {
                    log(Level::Notice, &outcome(name, node, None));
                    break;
                }
                Err(failure) => {
                    let failure = failure.to_string();
                    log(Level::Notice, &outcome(name, node, Some(&failure)));
                }
            }
        }
    }
}

/// The entry of the log about a package of another shard, without passwords.
fn outcome(name: &str, node: NodeId, failure: Option<&str>) -> String {
    let name = without_credentials(name);
    match failure {
        None => format!("requirements: `{name}` has come from the shard {node}"),
        Some(failure) => {
            let failure = without_credentials(failure);
            format!("requirements: `{name}` of the shard {node} does not fit: {failure}")
        }
    }
}

/// The masters of the other shards.
fn others() -> Vec<NodeId> {
    let topology = topology::current();
    let shards = topology.shards();
    let others = shards.filter(|node| !node.is_myself && node.health == Health::Well);
    others.map(|node| node.id).collect()
}

/// A package of another server. `None` if it does not have it.
fn ask(node: NodeId, name: &str) -> Option<Portable> {
    let (sender, answer) = mpsc::channel();
    let limit = Limit::Silence(SILENCE);
    questions()?.ask(
        &[node],
        Kind::WHEELS,
        name.as_bytes(),
        limit,
        move |outcomes| {
            // Nobody may wait any longer.
            let _ = sender.send(outcomes);
        },
    );
    let (_, outcome) = answer.recv_timeout(LONGEST).ok()?.pop()?;
    let portable = Portable::decode(&outcome.ok()?).ok()?;
    (portable.name == name).then_some(portable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_no_passwords() {
        let node = NodeId::parse(&[b'a'; 40]).unwrap();
        let name = "git+https://user:token@host/x.git";
        for failure in [None, Some("cannot read git+https://user:token@host/x.git")] {
            let text = outcome(name, node, failure);
            assert!(
                text.contains("host/x.git") && !text.contains("token"),
                "{text}"
            );
        }
    }
}
