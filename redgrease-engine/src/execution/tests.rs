//! Executions from their launch to their end, with an interpreter and without a server.
