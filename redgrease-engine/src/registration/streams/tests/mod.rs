//! Streams without a server: batches, their end, hand-over.

mod batches;
mod messages;
mod replaced;
mod sequences;
mod settled;
mod world;
