//! The functions that the server's callbacks call.
//!
//! This folder knows nothing of the folders above it. They hand it one table of plain functions before the server can
//! call anything; each callback of the server looks its function up there.

use super::command::Text;
use super::context::Context;
use super::filter::FilteredCommand;
use super::info::Section;
use super::timer_key::KeyValue;
use std::path::Path;
use std::sync::{Arc, OnceLock};

type LoadTimerKey = fn(&Context, Option<&[u8]>, Vec<u8>) -> Option<Arc<dyn KeyValue>>;
type DumpTimerKey = fn(&Context, &[u8], &[u8]) -> Option<Vec<u8>>;
type Load = fn(&Context, &[Text<'_>], Option<&Path>) -> Result<(), String>;

/// One function per callback of the server. The server's lock is held while any of them runs.
pub(crate) struct Listeners {
    /// The module is loaded, with these arguments and the program of the Python that the loader has chosen. An error is the
    /// text for the server's log.
    pub(crate) load: Load,
    /// The module is loaded, and stays loaded.
    pub(crate) loaded: fn(&Context),
    /// A client asks for `INFO`.
    pub(crate) info: fn() -> &'static [Section],
    /// An event happened to a key: the name of the event and the key.
    pub(crate) key_event: fn(&Context, &str, &[u8]),
    /// The same event, for registrations of streams. They also hear what handlers of key events write.
    pub(crate) stream_event: fn(&Context, &str, &[u8]),
    /// Returns `true` if a gear runs in place of this command, or has to see its reply first.
    pub(crate) take_over: fn(&Context, &FilteredCommand<'_>) -> bool,
    /// Loading has ended, or the role of this server has changed. Called a moment later, outside of any command.
    pub(crate) ready: fn(&Context),
    /// All keys of database 0 are gone.
    pub(crate) emptied: fn(&Context),
    /// Database 0 has changed places with another one.
    pub(crate) swapped: fn(&Context),
    /// Another server of the cluster has sent bytes: the 40 digits of its id and the bytes.
    pub(crate) cluster_message: fn(&Context, &[u8; 40], &[u8]),
    /// The event loop is about to wait for clients.
    pub(crate) before_sleep: fn(),
    /// The event loop has work to do.
    pub(crate) after_sleep: fn(),
    /// Returns the bytes for the RDB. Also called in the child of a fork: no lock, no Python.
    pub(crate) save: fn(&Context) -> Vec<u8>,
    /// The AOF is being rewritten as commands, which cannot contain what `save` returns. Commands that are replicated come
    /// after them.
    pub(crate) rewritten: fn(&Context),
    /// Reads the bytes that `save` returned.
    pub(crate) load_registrations: fn(&Context, &[u8]) -> Result<(), String>,
    /// Makes the value of a key of the type `rg_timeev` from its stored bytes, with the name of the key if the server tells it.
    /// `None` if a client must not bring in these bytes.
    pub(crate) load_timer_key: LoadTimerKey,
    /// The bytes that a client may see of such a key, which moves to another shard like that. `None` if it may see nothing.
    pub(crate) dump_timer_key: DumpTimerKey,
    /// The server is about to exit.
    pub(crate) shut_down: fn(),
    /// The server goes on: it could not save its data.
    pub(crate) not_shut_down: fn(),
}

static LISTENERS: OnceLock<&'static Listeners> = OnceLock::new();

/// Fills the table. Only the first call counts.
pub(super) fn listen(listeners: &'static Listeners) {
    let _ = LISTENERS.set(listeners);
}

/// The table. `None` in a process without a server.
pub(super) fn listeners() -> Option<&'static Listeners> {
    LISTENERS.get().copied()
}
