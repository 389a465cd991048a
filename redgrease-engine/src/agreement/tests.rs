//! Agreement of several shards over queues that hold messages back, in a random order that a seed decides.
//!
//! The transport delivers each message once and in order, unless a server is started again; while two servers do not reach each
//! other, it keeps their messages.
//!
//! | file | purpose |
//! |---|---|
//! | `shard.rs` | a shard: its sessions, and what it knows of the others |
//! | `world.rs` | several shards, and their messages |

mod changes;
mod faults;
mod meeting;
mod messages;
mod shard;
mod simulation;
mod world;

use super::change::{Op, Own, Refusal, locks};
use super::local::{Local, Purpose};
use super::message::{Proposal, Said, Unread};
use super::promises::Promises;
use super::proposals::{Answer, End};
use super::state::{Agreement, Event};
use crate::cluster::topology::NodeId;
use crate::encoding::Damaged;
use crate::id::{Id, Shard};
use crate::redis::locked;
use crate::registration::Name;
use crate::registration::ledger::{Ledger, Mark, Marks, Stamp};
use crate::registration::stored::StoredSession;
use crate::scope::SessionId;
use shard::{Outcomes, Server, Sessions, add, apply, as_it_is, check, node, put, session, shard};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use world::{World, some};
