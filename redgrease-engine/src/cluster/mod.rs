//! The other servers of a cluster: where they are, and messages to them.
//!
//! | file or folder | purpose |
//! |---|---|
//! | `topology/` | the nodes of the cluster and the slots that they serve |
//! | `transport/` | messages between two shards, over a way that loses some of them |

#![allow(
    dead_code,
    unused_imports,
    reason = "runs over all shards use it, and are built on it"
)]

pub(crate) mod topology;
pub(crate) mod transport;
