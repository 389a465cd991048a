//! Streams without a server: batches, retries, hand-over.
