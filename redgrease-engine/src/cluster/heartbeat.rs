//! Heartbeats: each server tells each other one every second that it lives, and what it runs.

use super::hub::Hub;
use super::mailbox::{Message, Tag};
use super::topology::NodeId;
use super::transport::Lane;
use crate::encoding::{Damaged, Input, write_bytes};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time between two heartbeats.
const INTERVAL: Duration = Duration::from_secs(1);
/// The version of the format. Fields may be added behind the known ones without another version.
const FORMAT: u8 = 1;

/// What a server tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) engine: String,
    /// The version of Python, such as `3.11`.
    pub(crate) python: String,
    /// A random number that each process has for itself, as 40 digits.
    pub(crate) run_id: String,
    /// Differs when registrations differ. Empty if the server does not say.
    pub(crate) digest: Vec<u8>,
}

impl Hello {
    fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        for text in [&self.engine, &self.python, &self.run_id] {
            write_bytes(&mut out, text.as_bytes());
        }
        write_bytes(&mut out, &self.digest);
        out
    }

    fn read(bytes: &[u8]) -> Result<Hello, Damaged> {
        let mut input = Input::of_format(bytes, FORMAT)?;
        let mut text = || -> Result<String, Damaged> {
            let bytes = input.bytes()?.to_vec();
            String::from_utf8(bytes).map_err(|_| Damaged::Wrong)
        };
        Ok(Hello {
            engine: text()?,
            python: text()?,
            run_id: text()?,
            digest: input.bytes()?.to_vec(),
        })
    }
}

/// A function that hears of each heartbeat. It must not wait.
type OnHello = Arc<dyn Fn(NodeId, &Hello) + Send + Sync>;

/// What this server tells, and what the others have told.
#[derive(Default)]
pub(crate) struct Heartbeat {
    mine: Mutex<Hello>,
    known: Mutex<HashMap<NodeId, Hello>>,
    on_hello: Mutex<Vec<OnHello>>,
    next: Mutex<Option<Instant>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Heartbeat {
    pub(crate) fn new(mine: Hello) -> Heartbeat {
        Heartbeat {
            mine: Mutex::new(mine),
            ..Heartbeat::default()
        }
    }

    /// Takes the heartbeats that arrive at the hub.
    pub(crate) fn listen(self: &Arc<Self>, hub: &Hub) {
        let own = Arc::clone(self);
        hub.on(Tag::HELLO, move |message| own.take(&message));
        let own = Arc::clone(self);
        hub.on_lost(move |id| drop(locked(&own.known).remove(&id)));
    }

    fn take(&self, message: &Message) {
        // A server of another version may say something else.
        let Ok(hello) = Hello::read(message.content()) else {
            return;
        };
        locked(&self.known).insert(message.from(), hello.clone());
        let all = locked(&self.on_hello).clone();
        for handler in all {
            handler(message.from(), &hello);
        }
    }

    /// Calls the function with each heartbeat that arrives.
    pub(crate) fn on_hello(&self, handler: impl Fn(NodeId, &Hello) + Send + Sync + 'static) {
        locked(&self.on_hello).push(Arc::new(handler));
    }

    /// The last heartbeat of a server since it was started.
    pub(crate) fn of(&self, id: NodeId) -> Option<Hello> {
        locked(&self.known).get(&id).cloned()
    }

    /// What this server tells.
    pub(crate) fn mine(&self) -> Hello {
        locked(&self.mine).clone()
    }

    /// The heartbeats have this digest from now on.
    pub(crate) fn set_digest(&self, digest: Vec<u8>) {
        locked(&self.mine).digest = digest;
    }

    /// Sends heartbeats if it is time. Returns the time of the next ones.
    pub(crate) fn beat(&self, hub: &Hub, now: Instant) -> Instant {
        let mut next = locked(&self.next);
        if let Some(at) = next.filter(|at| *at > now) {
            return at;
        }
        let at = now + INTERVAL;
        *next = Some(at);
        drop(next);
        // What waits is sent again, and shows that this server lives. More heartbeats for a server that does not answer would pile
        // up.
        let mut to = hub.peers();
        to.retain(|id| hub.waiting_bytes(*id, Lane::Control) == 0);
        let hello = self.mine().write();
        // It is far shorter than a message may be.
        let _ = hub.send_to_all(&to, Lane::Control, Tag::HELLO, &hello);
        at
    }
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heartbeat").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Hello {
        Hello {
            engine: "0.1.0".into(),
            python: "3.11".into(),
            run_id: "a".repeat(40),
            digest: vec![1, 2, 255],
        }
    }

    #[test]
    fn a_heartbeat_is_read_as_it_is_written() {
        let bytes = sample().write();
        assert_eq!(Hello::read(&bytes), Ok(sample()));
        for cut in 0..bytes.len() {
            assert_eq!(Hello::read(&bytes[..cut]), Err(Damaged::Cut), "{cut}");
        }
    }

    #[test]
    fn a_newer_engine_may_tell_more() {
        let longer = [sample().write(), b"more".to_vec()].concat();
        assert_eq!(Hello::read(&longer), Ok(sample()));
        let mut newer = sample().write();
        newer[0] = 2;
        assert_eq!(Hello::read(&newer), Err(Damaged::Newer));
    }
}
