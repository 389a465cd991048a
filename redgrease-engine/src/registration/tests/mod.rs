//! Registrations: the registry, sessions, statistics, installing and restoring.
