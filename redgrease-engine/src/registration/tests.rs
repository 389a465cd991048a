//! The registry without a server.
