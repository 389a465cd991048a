//! Streams without a server: batches, their end, hand-over.

mod batches;
mod far;
mod given_up;
mod messages;
mod moved;
mod replaced;
mod sequences;
mod settled;
mod world;
