//! Moves slots, promotes replicas, pauses servers, and starts them again.

use super::Soak;
use redgrease_embedded::ClusterNode;
use redgrease_tools::{Client, Outcome, Random};
use std::thread;
use std::time::Duration;

/// The longest pause of a server, in milliseconds: some runs give up before it ends.
const LONGEST_PAUSE: usize = 9_000;

/// How long a function may need to follow its key.
const FUNCTIONS_FOLLOW: Duration = Duration::from_secs(2);

/// Tags whose slots move. Keys of the soak have them.
pub(super) const TAGS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

pub(super) fn run(soak: &Soak, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let slots = slots(&mut soak.at_shard(0)?)?;
    let shards = soak.cluster.shards();
    while !soak.is_over() {
        let happens = random.below(100);
        if happens < 3 && soak.has("pauses") {
            let nodes = soak.cluster.nodes();
            let node = random.one_of(&nodes);
            let time = Duration::from_millis(random.below(LONGEST_PAUSE) as u64);
            note(soak, "pause", || {
                node.pause()?;
                thread::sleep(time);
                node.resume()
            });
            note(soak, "settle", || soak.cluster.settle());
        } else if happens < 7 && soak.has("failovers") {
            let shard = random.below(shards);
            note(soak, "failover", || soak.cluster.failover(shard));
        } else if happens < 8 && soak.has("restarts") {
            let nodes = restarted(soak);
            let is_kill = random.once_in(2);
            restart(soak, random.one_of(&nodes), is_kill);
        } else if soak.has("moves") {
            let slot = *random.one_of(&slots);
            let to = random.below(shards);
            note(soak, "move of a slot", || soak.cluster.move_slot(slot, to));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The servers of the last shard are those that are started again: the memory of the others is that of one long life.
pub(super) fn restarted(soak: &Soak) -> Vec<ClusterNode> {
    let nodes = soak.cluster.nodes();
    let of_last = nodes.len() / soak.cluster.shards();
    nodes[nodes.len() - of_last..].to_vec()
}

/// Ends a server, or kills it, and starts it again before a replica takes its place. It reads its data from the AOF.
fn restart(soak: &Soak, node: &ClusterNode, is_kill: bool) {
    // The function of a timer with a key follows the key a moment later, from the shard that had it.
    thread::sleep(FUNCTIONS_FOLLOW);
    soak.journal.note("restart", "begun", Duration::ZERO);
    let name = if is_kill {
        "restart, killed"
    } else {
        "restart, ended"
    };
    note(soak, name, || {
        if is_kill {
            node.kill()?;
        } else {
            node.stop()?;
        }
        node.start()?;
        soak.cluster.settle()
    });
    soak.journal.note("restart", "has ended", Duration::ZERO);
}

/// The servers may be busy, so it may take longer than expected. That is not what the soak looks for.
fn note(soak: &Soak, name: &'static str, body: impl FnOnce() -> redgrease_embedded::Result<()>) {
    let begun = std::time::Instant::now();
    let kind = match body() {
        Ok(()) => "done".to_owned(),
        Err(error) => {
            let text = error.to_string();
            text.chars().take(34).collect()
        }
    };
    soak.journal.note(name, &kind, begun.elapsed());
}

fn slots(client: &mut Client) -> Outcome<Vec<u16>> {
    let slot = |tag: &&str| {
        let slot = client.text(&["CLUSTER", "KEYSLOT", tag])?;
        slot.parse::<u16>().map_err(|error| error.to_string())
    };
    TAGS.iter().map(slot).collect()
}
