//! Functions that run again and again while a key exists.
//!
//! The key holds the function as bytes. The server saves, loads, renames and replicates the key like any other one. A key that
//! comes from a file or a master begins to run its function a little later, and so does a key that comes from another shard
//! (`moved_timers/`).

mod start;
mod stored;
mod waiting;

pub(crate) use start::start_all;

use super::Owner;
use super::moved_timers::{self, Ticket};
use super::timers::{self, NewTimer, Place, TimeEvent};
use crate::cluster::topology::{self, slot_of};
use crate::encoding::Damaged;
use crate::python::{Callback, pickle};
use crate::redis::timer_key::{self, KeyValue};
use crate::redis::{Context, READ_ONLY, User, replicate_key, unreadable};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use stored::Stored;

/// The database in which scripts and gears make keys.
const DATABASE: i32 = 0;

/// The value of a key that runs a function.
#[derive(Debug)]
pub(crate) struct KeyedTimer {
    /// Empty until a key that comes from another shard has got them.
    bytes: OnceLock<Vec<u8>>,
    /// What a key that comes from another shard has instead.
    ticket: Vec<u8>,
    /// The slot of the key. It stays the same when the key is renamed in a cluster.
    slot: Option<u16>,
    /// The function that runs. `None` until it is loaded.
    event: Mutex<Option<Arc<TimeEvent>>>,
}

impl KeyedTimer {
    /// A value that was saved, or sent by a master, or comes from another shard. [`start_all`] begins to run it.
    fn from_bytes(context: &Context, key: Option<&[u8]>, bytes: Vec<u8>) -> Arc<KeyedTimer> {
        let timer = Arc::new(KeyedTimer::new(bytes, key));
        start::start_later(context, &timer);
        timer
    }

    fn new(bytes: Vec<u8>, key: Option<&[u8]>) -> KeyedTimer {
        let (bytes, ticket) = if Ticket::is_one(&bytes) {
            (OnceLock::new(), bytes)
        } else {
            (OnceLock::from(bytes), Vec::new())
        };
        KeyedTimer {
            bytes,
            ticket,
            slot: key.map(slot_of),
            event: Mutex::new(None),
        }
    }

    /// What a key that comes from another shard has instead of its function.
    fn ticket(&self) -> Result<Ticket, Damaged> {
        Ticket::read(&self.ticket)
    }

    fn run(&self, context: &Context, event: Arc<TimeEvent>) {
        let mut slot = self.event.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            timers::start(context, slot.insert(event));
        }
    }
}

impl KeyValue for KeyedTimer {
    fn bytes(&self) -> &[u8] {
        self.bytes.get().unwrap_or(&self.ticket)
    }
}

/// The function stops when the server frees the value, which it does on any thread.
impl Drop for KeyedTimer {
    fn drop(&mut self) {
        let event = self.event.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = event {
            event.stop();
        }
    }
}

/// The value of a key, made from its stored bytes. `None` if a client brings in bytes: they would be code.
pub(crate) fn load(
    context: &Context,
    key: Option<&[u8]>,
    bytes: Vec<u8>,
) -> Option<Arc<dyn KeyValue>> {
    // What is not loaded is restored, and that is how keys come from another shard.
    let is_allowed = context.is_loading() || moved_timers::comes(context, key, &bytes);
    is_allowed.then(|| KeyedTimer::from_bytes(context, key, bytes) as Arc<dyn KeyValue>)
}

/// Begins to answer other shards, and to hear their answers.
pub(crate) fn follow_cluster(_: &Context) {
    moved_timers::listen(start::answered);
}

/// Makes a key that runs `function`. Returns `false` if the key exists already.
pub(crate) fn create(
    context: &Context,
    key: &[u8],
    function: Callback,
    interval: Duration,
    owner: &Owner,
) -> Result<bool, String> {
    if context.is_read_only() {
        return Err(READ_ONLY.to_owned());
    }
    is_here(key)?;
    let user = owner.user(context);
    may_write(context, user.as_ref(), key)?;
    if timer_key::exists(context, DATABASE, key) {
        return Ok(false);
    }
    let info = owner.session(context);
    let stored = Stored {
        interval,
        session: info.as_ref().map(|one| one.id.clone()).unwrap_or_default(),
        user: user.as_ref().map(|user| user.name().to_vec()),
        function: pickle(&function)?,
    };
    let timer = Arc::new(KeyedTimer::new(stored.encode(), Some(key)));
    if !timer_key::set(context, DATABASE, key, Arc::<KeyedTimer>::clone(&timer)) {
        return Err(format!(
            "the key {} could not be written",
            String::from_utf8_lossy(key)
        ));
    }
    replicate_key(
        context,
        timer_key::COMMAND,
        DATABASE,
        key,
        KeyValue::bytes(&*timer),
    );
    let new = NewTimer {
        function,
        interval,
        place: Place::Slot(slot_of(key)),
    };
    timer.run(context, TimeEvent::new(new, info, user));
    Ok(true)
}

/// Makes the key that a master or the AOF describes, in the selected database: keys can be moved and copied.
pub(crate) fn create_told(context: &Context, key: &[u8], bytes: &[u8]) -> Result<(), String> {
    // The AOF has tickets of keys whose functions had not come when it was written.
    let checked = if Ticket::is_one(bytes) {
        Ticket::read(bytes).map(drop)
    } else {
        Stored::decode(bytes).map(drop)
    };
    checked.map_err(|why| unreadable(context, why.message()))?;
    let timer = KeyedTimer::from_bytes(context, Some(key), bytes.to_vec());
    let database = context.database();
    if !timer_key::set(context, database, key, timer) {
        return Err(format!(
            "ERR the key {} could not be written",
            String::from_utf8_lossy(key)
        ));
    }
    replicate_key(context, timer_key::COMMAND, database, key, bytes);
    Ok(())
}

/// Checks that this shard serves the key.
fn is_here(key: &[u8]) -> Result<(), String> {
    let topology = topology::current();
    let Some(owner) = topology.owner(slot_of(key)).filter(|node| !node.is_myself) else {
        return Ok(());
    };
    let (key, id) = (String::from_utf8_lossy(key), owner.id);
    let (ip, port) = (&owner.ip, owner.port);
    Err(format!(
        "the key '{key}' of a time event is on the shard {id} ({ip}:{port}): run the script there, or use a key of this shard, whose name has the \
         tag of hashtag() in braces"
    ))
}

/// Checks that the user may write the key.
fn may_write(context: &Context, user: Option<&User>, key: &[u8]) -> Result<(), String> {
    let user = User::or_default(user.cloned());
    let checked = user.may_run(context, &[b"SET", key, b""]);
    checked.map_err(|why| {
        let name = String::from_utf8_lossy(user.name());
        let key = String::from_utf8_lossy(key);
        format!(
            "NOPERM the user {name} has no right to write the key '{key}' of a time event, as SET would ({why}): give the user the right \
             with ACL SETUSER, or use a key that it may write"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::{Holder, unpickle};
    use crate::testing::{function, with_python};

    fn timer(bytes: Vec<u8>) -> Arc<KeyedTimer> {
        Arc::new(KeyedTimer::new(bytes, Some(b"key")))
    }

    #[test]
    fn a_function_comes_back_from_its_key() {
        let stored = with_python(|py| {
            let function = function(py, "lambda: 6 * 7");
            Stored {
                function: pickle(&function).unwrap(),
                ..Stored::sample()
            }
        });
        let back = Stored::decode(&stored.encode()).unwrap();
        let function = unpickle(&back.function, Holder::Call).unwrap();
        let result = with_python(|py| function.call0(py).unwrap().to_string());
        assert_eq!(result, "42");
    }

    #[test]
    fn a_function_stops_with_its_key() {
        let function = with_python(|py| function(py, "lambda: None"));
        let new = NewTimer {
            function,
            interval: Duration::from_mins(1),
            place: Place::EachShard,
        };
        let event = TimeEvent::new(new, None, None);
        let timer = timer(Vec::new());
        *timer.event.lock().unwrap() = Some(Arc::clone(&event));
        let copy = Arc::clone(&timer);
        drop(timer);
        assert!(!event.is_stopped(), "the server still has the value");
        drop(copy);
        assert!(event.is_stopped());
    }
}
