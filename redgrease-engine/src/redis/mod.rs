//! Everything that touches the Redis module API, and the only `unsafe` about Redis.
//!
//! | file | purpose |
//! |---|---|
//! | `after_command.rs` | jobs that wait for the end of the command that caused them |
//! | `api.rs` | calling the function pointers, and the check that the server has them |
//! | `module.rs` | loading the module |
//! | `listeners.rs` | the table of functions that the server's callbacks call |
//! | `server_events.rs` | loading, roles, the event loop, shutting down |
//! | `rules.rs` | the facts about commands that decide whether a gear may run them |
//! | `cluster_bus.rs` | bytes to and from the other servers of a cluster |
//! | `bus_links.rs` | the TCP connections to those |
//! | `seen_users.rs` | the users that exist and are switched on, as it was seen a moment ago |
//! | `saving.rs` | whether the server saves its data |
//! | `shard.rs` | the id of this server in a cluster |
//! | `class.rs`, `requester.rs` | the classes of commands, and the user that calls one |
//! | `command.rs` | registering commands |
//! | `context.rs` | [`Context`]: proof that this thread holds the server's lock |
//! | `lock.rs` | taking that lock on other threads, and data that it guards |
//! | `reply.rs`, `blocked.rs` | replies, at once or later from another thread |
//! | `call.rs` | running a Redis command |
//! | `rights.rs` | the rights that such a command runs with |
//! | `caller.rs` | the rights of the client that sends a hooked command |
//! | `client_database.rs` | the database of a client whose command changes keys of another one |
//! | `clock.rs` | a cheap clock |
//! | `database_rights.rs` | rights that name databases |
//! | `denial.rs` | the words for a command that its user may not run |
//! | `ending.rs` | taking the lock while the server shuts down |
//! | `filter.rs` | taking over commands of clients |
//! | `gear_call.rs` | commands that gears run |
//! | `guard.rs` | replicas, memory and the disk, which forbid writes |
//! | `hash_slot.rs` | the slot of a key |
//! | `several_slots.rs` | commands whose keys are in several hash slots |
//! | `held_back.rs` | replies that the server leaves for the next call |
//! | `hold.rs` | noticing that the server's lock will never be free |
//! | `info.rs` | the engine's part of `INFO` |
//! | `large_reply.rs` | replies that would take more memory than the gear may |
//! | `latency.rs` | the events of `LATENCY` |
//! | `pass_on.rs` | running a client's command as the server would have run it |
//! | `key_moves.rs` | the events of keys that move to another shard |
//! | `keys.rs` | walking the keys, and their types |
//! | `slot_keys.rs` | copying the keys of slots |
//! | `small_hashes.rs` | copying small hashes |
//! | `batch.rs` | keys that were copied |
//! | `key_pattern.rs` | patterns of the names of keys |
//! | `notification.rs` | key events |
//! | `paused.rs` | waiting for a server that pauses its clients |
//! | `persistence.rs` | the data in the RDB, and replication |
//! | `protocol.rs` | replies as the bytes of the protocol |
//! | `query_buffer.rs` | the buffer in which a thread reads the queries of clients |
//! | `queue.rs` | waiting for the lock outside of the server's own queue |
//! | `raw/` | the declarations of the module API |
//! | `rdb_header.rs` | the beginning of an RDB file |
//! | `timer.rs` | running a job later on the main thread |
//! | `soon.rs` | running a job on the main thread at once |
//! | `timer_key.rs` | keys that hold a time event |
//! | `used_memory.rs` | the memory that the server uses |
//! | `user.rs` | the users whose rights gears have |
//! | `users_of_shards.rs` | users whose work comes from another shard |
//! | `worker.rs` | a thread that does jobs one after the other |
//! | `zero_bytes.rs` | replies that the server cannot read |
//! | `stack.rs` | commands inside of commands |
//! | `main_thread.rs` | the thread that the server takes for its main thread |
//! | `symbols.rs` | functions and data of the server that modules are not told of |
//! | `log.rs` | the server's log |
#![allow(unsafe_code)]

mod after_command;
#[macro_use]
mod api;
mod batch;
mod blocked;
mod bus_links;
mod call;
mod caller;
mod class;
mod client_database;
mod clock;
mod cluster_bus;
mod command;
mod context;
mod database_rights;
mod denial;
mod ending;
pub(crate) mod filter;
mod gear_call;
mod guard;
mod hash_slot;
mod held_back;
mod hold;
mod info;
mod key_moves;
mod key_pattern;
mod keys;
mod large_reply;
mod latency;
mod lend;
mod listeners;
mod lock;
mod log;
mod main_thread;
#[macro_use]
mod module;
mod notification;
mod pass_on;
mod paused;
mod persistence;
mod protocol;
#[cfg(not(test))]
mod query_buffer;
mod queue;
mod raw;
mod rdb_header;
mod refusal;
mod reply;
mod requester;
mod rights;
mod rules;
mod saving;
mod seen_users;
mod server_events;
mod several_slots;
mod shard;
mod slot_keys;
mod small_hashes;
mod soon;
mod stack;
mod symbols;
mod timer;
pub(crate) mod timer_key;
mod used_memory;
mod user;
mod users_of_shards;
mod worker;
mod zero_bytes;

pub(crate) use after_command::{after_command, call_with_handlers};
pub(crate) use batch::{Batch, ScannedKey};
pub(crate) use blocked::BlockedClient;
pub(crate) use bus_links::{Link, links};
pub(crate) use call::{
    CallError, CallReply, Element, OwnedReply, ReplyKind, Rights, call, is_refused_for_keys,
    keys_of,
};
pub(crate) use caller::refusal;
pub(crate) use class::{Admin, Class, Internal, Public};
pub(crate) use clock::CoarseInstant;
pub(crate) use cluster_bus::{cluster_nodes, keys_in_slots, send_to_node};
pub(crate) use command::{Args, Command, CommandFlags, READ_ONLY, Text, register};
pub(crate) use context::Context;
pub(crate) use gear_call::{call_for_gear, read_for_gear};
pub(crate) use guard::guarded_by_script;
pub(crate) use hash_slot::{SLOTS, slot_of};
pub(crate) use hold::Hold;
pub(crate) use info::{Section as InfoSection, Value as InfoValue};
pub(crate) use key_moves::{is_move, keys_move};
pub(crate) use keys::{KeyScan, KeyType, key_type, local_key_type};
pub(crate) use latency::note_run;
pub(crate) use lend::{Loan, keep};
pub(crate) use listeners::Listeners;
pub(crate) use lock::{
    Guarded, LockGuard, NeverFree, is_locked, is_main as is_main_thread, locked,
};
pub(crate) use log::{Level, log};
pub(crate) use module::{REFUSED, library_path, load_module};
pub(crate) use notification::quietly;
pub(crate) use pass_on::pass_on;
pub(crate) use paused::{
    WHILE_PAUSED, after_to_write, has_handed_over, is_paused, locked_to_write,
};
pub(crate) use persistence::{replicate, replicate_key, replicate_to_aof, unreadable, will_save};
pub(crate) use raw::{RedisModuleCtx, RedisModuleString};
pub(crate) use refusal::is_about_keys;
pub(crate) use reply::Reply;
pub(crate) use requester::Requester;
pub(crate) use shard::{learn as learn_shard_id, shard_id};
pub(crate) use slot_keys::{SlotFilling, SlotFilter};
pub(crate) use small_hashes::pairs;
pub(crate) use soon::soon;
pub(crate) use stack::TOO_DEEP;
pub(crate) use timer::after;
pub(crate) use used_memory::resident_memory_of_server;
pub(crate) use user::{Standing, User, cannot_keep_rights};
pub(crate) use worker::Worker;
