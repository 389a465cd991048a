//! Functions that run again and again while a key exists.
//!
//! The key holds the function as bytes. The server saves, loads, renames and replicates the key like any other one. A key that
//! comes from a file or a master begins to run its function a little later, and so does a key that comes from another shard
//! (`moved_timers.rs`).

mod stored;

use super::moved_timers::{self, Ticket};
use super::timers::{self, NewTimer, Place, TimeEvent};
use super::{Owner, registry};
use crate::cluster::{
    self,
    topology::{self, slot_of},
};
use crate::execution::reach_python;
use crate::python::{Callback, Holder, pickle, unpickle};
use crate::redis::timer_key::{self, KeyValue};
use crate::redis::{
    Context, Guarded, Level, READ_ONLY, User, after, log, replicate_key, unreadable,
};
use crate::scope::{self, Scope};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;
use stored::Stored;

/// The number of times that a function is loaded again because a package is missing: requirements may still be installed.
const MAX_RETRIES: u32 = 60;
/// The time between two of these attempts.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

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

/// A value whose function has not been loaded yet.
#[derive(Debug)]
struct Waiting {
    timer: Weak<KeyedTimer>,
    failures: u32,
    /// The log has told of a failure.
    is_told: bool,
    /// What the shard that the key comes from has answered.
    answer: Option<Answer>,
    /// How long loading may hold up the server: longer while it starts.
    holder: Holder,
}

/// The answer of the shard that a key comes from.
#[derive(Debug)]
enum Answer {
    /// It has no function for the key.
    Nothing,
    Bytes(Vec<u8>),
}

static WAITING: Guarded<Vec<Waiting>> = Guarded::new(Vec::new());

impl KeyedTimer {
    /// A value that was saved, or sent by a master. [`start_all`] begins to run it.
    fn from_bytes(context: &Context, key: Option<&[u8]>, bytes: Vec<u8>) -> Arc<KeyedTimer> {
        let timer = Arc::new(KeyedTimer::new(bytes, key));
        let holder = if context.is_loading() {
            Holder::Restored
        } else {
            Holder::Call
        };
        let is_moved = timer.bytes.get().is_none();
        let first = WAITING.write(context, |waiting| {
            waiting.push(Waiting {
                timer: Arc::downgrade(&timer),
                failures: 0,
                is_told: false,
                answer: None,
                holder,
            });
            waiting.len() == 1
        });
        if first || is_moved {
            after(context, Duration::ZERO, start_all);
        }
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

    fn run(&self, context: &Context, event: Arc<TimeEvent>) {
        let mut slot = self.event.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(Arc::clone(&event));
            timers::start(context, event);
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
    let is_allowed = context.is_loading() || (cluster::hub().is_some() && Ticket::is_one(&bytes));
    is_allowed.then(|| KeyedTimer::from_bytes(context, key, bytes) as Arc<dyn KeyValue>)
}

/// Begins to answer other shards, and to hear their answers.
pub(crate) fn follow_cluster(_: &Context) {
    moved_timers::listen(|context, number, bytes| {
        WAITING.write(context, |waiting| {
            for one in waiting {
                if let Some(timer) = one.timer.upgrade()
                    && let Ok(ticket) = Ticket::read(&timer.ticket)
                    && ticket.number == number
                {
                    one.answer =
                        Some(bytes.map_or(Answer::Nothing, |bytes| Answer::Bytes(bytes.to_vec())));
                }
            }
        });
        start_all(context);
    });
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
    Stored::decode(bytes).map_err(|why| unreadable(context, why.message()))?;
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
        "the key '{key}' of a time event is on the shard {id} ({ip}:{port}): run the script there, or use a key of this shard, whose name          has the tag of hashtag() in braces"
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

/// Begins to run the functions of keys that were loaded or replicated. Does nothing on a replica and while loading: it is
/// called again when that ends.
pub(crate) fn start_all(context: &Context) {
    if !context.may_handle_events() {
        return;
    }
    let waiting = WAITING.write(context, std::mem::take);
    let mut later = Vec::new();
    for mut one in waiting {
        let Some(live) = one.timer.upgrade() else {
            continue;
        };
        if reach_python().is_err() {
            later.push(one);
            continue;
        }
        let arrived = live.arrive(context, one.answer.take());
        if let Err(failure) = arrived.and_then(|()| live.load(context, one.holder)) {
            if !failure.message.is_empty() && !std::mem::replace(&mut one.is_told, true) {
                log(Level::Warning, &failure.message);
            }
            if failure.may_pass && one.failures < MAX_RETRIES {
                one.failures += 1;
                later.push(one);
            }
        }
    }
    if !later.is_empty() {
        WAITING.write(context, |waiting| waiting.append(&mut later));
        after(context, RETRY_INTERVAL, start_all);
    }
}

/// The reason why a function does not run.
struct LoadFailure {
    message: String,
    /// A package is missing that may still be installed.
    may_pass: bool,
}

impl KeyedTimer {
    /// Makes sure that the bytes of the function are here. A key that comes from another shard asks that one for them.
    fn arrive(&self, context: &Context, answer: Option<Answer>) -> Result<(), LoadFailure> {
        if self.bytes.get().is_some() {
            return Ok(());
        }
        let failure = |message: String, may_pass| LoadFailure { message, may_pass };
        let ticket = Ticket::read(&self.ticket).map_err(|damaged| {
            let why = damaged.message();
            failure(
                format!("a key with a time event stays without it: {why}"),
                false,
            )
        })?;
        match answer {
            None => {
                moved_timers::ask(&ticket);
                Err(failure(String::new(), true))
            }
            Some(Answer::Nothing) => Err(failure(
                format!(
                    "the key {} stays without its time event, because it was copied from the node {}, or has come from there long ago:                      let a script make it again",
                    String::from_utf8_lossy(&ticket.key),
                    ticket.from
                ),
                false,
            )),
            Some(Answer::Bytes(bytes)) => {
                // Replicas and the AOF have the ticket.
                replicate_key(context, timer_key::COMMAND, DATABASE, &ticket.key, &bytes);
                let _ = self.bytes.set(bytes);
                Ok(())
            }
        }
    }

    /// Loads the function and begins to run it.
    fn load(&self, context: &Context, holder: Holder) -> Result<(), LoadFailure> {
        let stored = Stored::decode(self.bytes()).map_err(|damaged| LoadFailure {
            message: format!(
                "a key with a time event stays without it: {}",
                damaged.message()
            ),
            may_pass: false,
        })?;
        let session = stored.session.as_str();
        let info = registry().read(context, |registry| {
            Some(Arc::clone(&registry.session(session)?.info))
        });
        // The packages that the function refers to are those of its session.
        let function = scope::with(Scope::given_session, info.clone(), || {
            unpickle(&stored.function, holder)
        });
        let function = function.map_err(|why| LoadFailure {
            may_pass: why.starts_with("ModuleNotFoundError"),
            message: format!(
                "a time event of session {session} does not run, its key stays without it: {why}"
            ),
        })?;
        let user = stored.user.map(|name| User::named(&name));
        let timer = NewTimer {
            function,
            interval: stored.interval,
            place: self.slot.map_or(Place::EachShard, Place::Slot),
        };
        self.run(context, TimeEvent::new(timer, info, user));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::locked;
    use crate::testing::{function, with_python};

    fn waits(timer: &Arc<KeyedTimer>) -> Waiting {
        Waiting {
            timer: Arc::downgrade(timer),
            failures: 0,
            is_told: false,
            answer: None,
            holder: Holder::Call,
        }
    }

    fn timer(bytes: Vec<u8>) -> Arc<KeyedTimer> {
        Arc::new(KeyedTimer::new(bytes, Some(b"key")))
    }

    fn failure(timer: &KeyedTimer) -> LoadFailure {
        with_python(|_| ());
        locked(|context| timer.load(context, Holder::Call))
            .err()
            .unwrap()
    }

    #[test]
    fn a_key_with_damaged_bytes_stays_without_its_function() {
        let failure = failure(&timer(b"\x01\0".to_vec()));
        assert!(!failure.may_pass);
        let start = "a key with a time event stays without it: ";
        assert!(failure.message.starts_with(start), "{}", failure.message);
    }

    #[test]
    fn a_function_that_cannot_be_read_does_not_run() {
        let failure = failure(&timer(Stored::sample().encode()));
        assert!(!failure.may_pass);
        let start = "a time event of session app does not run, its key stays without it: ";
        assert!(failure.message.starts_with(start), "{}", failure.message);
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

    #[test]
    fn keys_that_are_gone_or_hopeless_are_not_tried_again() {
        with_python(|_| ());
        locked(|context| {
            let hopeless = timer(Vec::new());
            WAITING.write(context, |waiting| {
                waiting.push(waits(&timer(Vec::new())));
                waiting.push(waits(&hopeless));
            });
            start_all(context);
            assert!(WAITING.read(context, Vec::is_empty));
        });
    }
}
