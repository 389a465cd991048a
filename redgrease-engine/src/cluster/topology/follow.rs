//! Following the cluster: the picture of it that is in force, and who hears of another one.

use super::Topology;
use crate::redis::{Context, Level, after, cluster_nodes, learn_shard_id, log};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The server does not tell modules of changes, so it is asked again after so long.
const INTERVAL: Duration = Duration::from_millis(250);

/// A function that hears of changes: the picture before and the one after. It is called with the server's lock, and must not take
/// long.
type Subscriber = fn(&Context, &Topology, &Topology);

static CURRENT: LazyLock<RwLock<Arc<Topology>>> = LazyLock::new(RwLock::default);
/// The time of the last change of the picture.
static CHANGED: Mutex<Option<Instant>> = Mutex::new(None);
static SUBSCRIBERS: Mutex<Vec<Subscriber>> = Mutex::new(Vec::new());

/// The picture that is in force. Without a cluster it is empty.
pub(crate) fn current() -> Arc<Topology> {
    Arc::clone(&CURRENT.read().unwrap_or_else(PoisonError::into_inner))
}

/// The time for which the picture has been as it is.
pub(crate) fn unchanged_for() -> Duration {
    let changed = *CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    changed.map_or(Duration::ZERO, |at| at.elapsed())
}

/// Calls the function after each change from now on.
pub(crate) fn subscribe(subscriber: Subscriber) {
    let mut all = SUBSCRIBERS.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(subscriber);
}

/// Asks the server now, and then again and again.
pub(crate) fn follow(context: &Context) {
    refresh(context);
    after(context, INTERVAL, follow);
}

/// Asks the server now. Without cluster mode nothing is asked.
pub(crate) fn refresh(context: &Context) {
    if !context.is_in_cluster_mode() {
        return;
    }
    // A server that is given another id is another node.
    learn_shard_id(context);
    match cluster_nodes(context) {
        Some(text) => replace(context, Topology::parse(&text)),
        None => log(
            Level::Debug,
            "the nodes of the cluster could not be read: the server does not answer CLUSTER NODES",
        ),
    }
}

/// Puts a picture in force, and tells the subscribers if it differs from the one before.
fn replace(context: &Context, new: Topology) {
    let new = Arc::new(new);
    let old = {
        let mut current = CURRENT.write().unwrap_or_else(PoisonError::into_inner);
        if *current == new {
            return;
        }
        std::mem::replace(&mut *current, Arc::clone(&new))
    };
    *CHANGED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    // A subscriber may subscribe another function.
    let subscribers = SUBSCRIBERS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    for subscriber in subscribers {
        subscriber(context, &old, &new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::locked;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static CALLS: AtomicUsize = AtomicUsize::new(0);

    /// A node without slots, which other tests of this process take for a server without a cluster.
    fn alone(port: u16) -> Topology {
        let id = "a".repeat(40);
        Topology::parse(&format!(
            "{id} 127.0.0.1:{port}@2 myself,master - 0 0 0 connected"
        ))
    }

    /// One test, because the picture belongs to the process.
    #[test]
    fn subscribers_hear_of_changes_and_of_nothing_else() {
        subscribe(|_, old, new| {
            assert_ne!(old, new);
            assert_eq!(*current(), *new);
            CALLS.fetch_add(1, Ordering::Relaxed);
        });
        for (port, calls) in [(1, 1), (1, 1), (2, 2), (3, 3), (1, 4)] {
            locked(|context| replace(context, alone(port)));
            assert_eq!(*current(), alone(port));
            assert_eq!(CALLS.load(Ordering::Relaxed), calls, "{port}");
        }
        locked(|context| replace(context, Topology::default()));
    }
}
