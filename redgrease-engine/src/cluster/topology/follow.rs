//! Following the cluster: the picture of it that is in force, and who hears of another one.

use super::Topology;
use crate::redis::{Context, Level, after, cluster_nodes, is_main_thread, learn_shard_id, log};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

/// The server does not tell modules of changes, so it is asked again after so long.
const INTERVAL: Duration = Duration::from_millis(250);

/// The time between two looks at a picture that is not whole.
const LOOK: Duration = Duration::from_millis(20);

/// A function that hears of changes: the picture before and the one after. It is called with the server's lock, and must not take
/// long.
type Subscriber = fn(&Context, &Topology, &Topology);

static CURRENT: LazyLock<RwLock<Arc<Topology>>> = LazyLock::new(RwLock::default);
/// The time of the last change of the picture, and the last time at which the server was asked.
static CHANGED: Mutex<Option<Instant>> = Mutex::new(None);
static ASKED: Mutex<Option<Instant>> = Mutex::new(None);
/// The last time at which the main thread was free for what other servers have sent.
static LISTENED: Mutex<Option<Instant>> = Mutex::new(None);
static SUBSCRIBERS: Mutex<Vec<Subscriber>> = Mutex::new(Vec::new());

/// The picture that is in force. Without a cluster it is empty.
pub(crate) fn current() -> Arc<Topology> {
    Arc::clone(&CURRENT.read().unwrap_or_else(PoisonError::into_inner))
}

fn time(of: &Mutex<Option<Instant>>) -> Option<Instant> {
    *of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(time: &Mutex<Option<Instant>>) {
    *time.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

/// The time for which the picture is known to have been as it is. A picture that was not renewed does not say that nothing changed.
pub(crate) fn unchanged_for() -> Duration {
    match (time(&CHANGED), time(&ASKED)) {
        (Some(changed), Some(asked)) => asked.saturating_duration_since(changed),
        _ => Duration::ZERO,
    }
}

/// The picture in force. While slots have no server, and had one a moment ago, it waits for another picture, so long at most: when a
/// replica takes the place of its master, other servers hear of the end of the master first.
pub(crate) fn settled(patience: Duration) -> Arc<Topology> {
    let end = Instant::now() + patience;
    loop {
        let picture = current();
        let is_whole = !picture.is_cluster() || picture.unserved().is_empty();
        // The main thread renews the picture, so it can not wait for another one.
        if is_whole || is_main_thread() || unchanged_for() >= patience || Instant::now() >= end {
            return picture;
        }
        thread::sleep(LOOK);
    }
}

/// The last time at which the main thread of this server was free. A long command may hold it up, and then what other servers have
/// sent waits. So a server is silent only if nothing was heard of it long before this time.
pub(crate) fn listened() -> Option<Instant> {
    time(&LISTENED)
}

/// Calls the function after each change from now on.
pub(crate) fn subscribe(subscriber: Subscriber) {
    let mut all = SUBSCRIBERS.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(subscriber);
}

/// Asks the server now, and then again and again.
pub(crate) fn follow(context: &Context) {
    set(&LISTENED);
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
        Some(text) => {
            set(&ASKED);
            replace(context, Topology::parse(&text));
        }
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
    set(&CHANGED);
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
