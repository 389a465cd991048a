//! Moving slots from one shard to another.

use super::form::SLOTS;
use super::{Cluster, ClusterNode};
use crate::answer::Answer;
use crate::{Error, ErrorKind, Result};

/// The number of keys that move at once.
const BATCH: &str = "100";
/// How long the servers may need to move one batch, in milliseconds.
const PATIENCE: &str = "5000";

impl Cluster {
    /// Moves a slot with its keys to another shard, while clients go on. All servers that run know the new owner when this
    /// returns. Nothing happens if the shard has the slot.
    ///
    /// A move that failed goes on when it is tried again.
    ///
    /// # Errors
    /// - `InvalidOption` if there is no slot of this number: they go from 0 to 16383.
    /// - `Cluster` if no server that runs has the slot, or a server refuses a command.
    /// - `TimedOut` if a server does not learn the new owner.
    ///
    /// # Panics
    /// If there is no shard of this number.
    pub fn move_slot(&self, slot: u16, to: usize) -> Result<()> {
        if usize::from(slot) >= SLOTS {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!("there is no slot {slot}: slots have numbers from 0 to 16383"),
            ));
        }
        let target = self.shard(to);
        let source = self.owner(slot)?;
        if source.id() == target.id() {
            return Ok(());
        }
        target.order(&format!("CLUSTER SETSLOT {slot} IMPORTING {}", source.id()))?;
        source.order(&format!("CLUSTER SETSLOT {slot} MIGRATING {}", target.id()))?;
        while migrate(slot, &source, &target)? {}
        self.wait_until(|| outranked(&source, &target))?;
        let owned = format!("CLUSTER SETSLOT {slot} NODE {}", target.id());
        // The new owner first: if this stops in between, the slot has an owner.
        target.order(&owned)?;
        source.order(&owned)?;
        for shard in 0..self.shards() {
            let master = self.shard(shard);
            let is_told = [target.id(), source.id()].contains(&master.id());
            if !is_told && master.is_running() {
                master.order(&owned)?;
            }
        }
        self.wait_until(|| self.unaware(slot, &target))
    }

    /// The server that has a slot. Each one is asked about itself, because what it knows about others may be old.
    fn owner(&self, slot: u16) -> Result<ClusterNode> {
        let mut owner: Option<(u64, ClusterNode)> = None;
        for node in self.running() {
            let view = node.view()?;
            let myself = view.get(node.id()).filter(|myself| myself.has(slot));
            let is_newer = |epoch| owner.as_ref().is_none_or(|(other, _)| epoch > *other);
            if let Some(epoch) = myself.map(|myself| myself.epoch).filter(|it| is_newer(*it)) {
                owner = Some((epoch, node));
            }
        }
        owner.map(|(_, node)| node).ok_or_else(|| {
            Error::new(
                ErrorKind::Cluster,
                format!(
                    "slot {slot} cannot move: no server that runs has it; start its server, or give the slot to one with \
                     CLUSTER ADDSLOTS"
                ),
            )
        })
    }

    /// A server that does not know yet that a slot has moved. A server that knows an older version of its new owner does not
    /// count: a late message of the old owner could take the slot back.
    fn unaware(&self, slot: u16, target: &ClusterNode) -> Result<Option<String>> {
        let of_target = |node: &ClusterNode| Ok(node.view()?.remove(target.id()));
        let myself = of_target(target)?.map(|seen| seen.epoch);
        for node in self.running() {
            let seen = of_target(&node)?;
            let is_aware = seen.is_some_and(|it| it.has(slot) && Some(it.epoch) == myself);
            if !is_aware {
                return Ok(Some(format!(
                    "{} does not know that slot {slot} is at {}",
                    node.name(),
                    target.name()
                )));
            }
        }
        Ok(None)
    }
}

/// Gives the new owner of a slot a later version than the old owner has. Of two servers that claim a slot, the others believe the
/// one with the later version: a late message of the old owner could take the slot from the new one, and then no server had it.
fn outranked(source: &ClusterNode, target: &ClusterNode) -> Result<Option<String>> {
    let version = |node: &ClusterNode| Ok(node.view()?.get(node.id()).map(|myself| myself.epoch));
    if version(target)? > version(source)? {
        return Ok(None);
    }
    target.order("CLUSTER BUMPEPOCH")?;
    Ok(Some(format!(
        "{} has no later version of the cluster than {}",
        target.name(),
        source.name()
    )))
}

/// Moves some keys of a slot. Returns whether there were any.
fn migrate(slot: u16, source: &ClusterNode, target: &ClusterNode) -> Result<bool> {
    let (slot, port) = (slot.to_string(), target.port().to_string());
    let in_slot: [&[u8]; 4] = [
        b"CLUSTER",
        b"GETKEYSINSLOT",
        slot.as_bytes(),
        BATCH.as_bytes(),
    ];
    let Answer::List(keys) = source.ask(&in_slot)? else {
        return Ok(false);
    };
    if keys.is_empty() {
        return Ok(false);
    }
    let mut words: Vec<&[u8]> = vec![b"MIGRATE", b"127.0.0.1", port.as_bytes(), b"", b"0"];
    words.extend([PATIENCE.as_bytes(), b"KEYS"]);
    for key in &keys {
        if let Answer::Text(key) = key {
            words.push(key);
        }
    }
    source.text(&words)?;
    Ok(true)
}
