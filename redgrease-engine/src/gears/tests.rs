//! Scripts without a server.
