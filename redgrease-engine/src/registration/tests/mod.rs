//! Registrations: the registry, sessions, executions of registrations, installing and restoring.

mod caused;
mod installed;
mod owned;
mod registered;
mod sessions;
