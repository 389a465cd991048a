//! Moving slots from one shard to another.

use super::form::SLOTS;
use super::{Cluster, ClusterNode, view};
use crate::answer::Answer;
use crate::{Error, ErrorKind, Result};

/// The number of keys that move at once.
const BATCH: &str = "100";
/// How long the servers may need to move one batch, in milliseconds.
const PATIENCE: &str = "5000";

impl Cluster {
    /// Moves a slot with its keys to another shard, while clients go on. All masters that run know the new owner when this
    /// returns; replicas learn it soon afterwards. Nothing happens if the shard has the slot.
    ///
    /// A move that failed goes on when it is tried again.
    ///
    /// # Errors
    /// - `InvalidOption` if there is no slot of this number: they go from 0 to 16383.
    /// - `Cluster` if no server has the slot, or a server refuses a command.
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
        let source = self.owner(slot, &target)?;
        if source.id() == target.id() {
            return Ok(());
        }
        target.order(&format!("CLUSTER SETSLOT {slot} IMPORTING {}", source.id()))?;
        source.order(&format!("CLUSTER SETSLOT {slot} MIGRATING {}", target.id()))?;
        while migrate(slot, &source, &target)? {}
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
        Ok(())
    }

    /// The server that has a slot, as another server sees it.
    fn owner(&self, slot: u16, seen_by: &ClusterNode) -> Result<ClusterNode> {
        let view = seen_by.view()?;
        let owner = view::owner(&view, slot);
        let node = self
            .nodes()
            .into_iter()
            .find(|node| Some(node.id()) == owner);
        node.ok_or_else(|| {
            Error::new(
                ErrorKind::Cluster,
                format!(
                    "slot {slot} cannot move: no server of the cluster has it; give it to one with CLUSTER ADDSLOTS"
                ),
            )
        })
    }
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
