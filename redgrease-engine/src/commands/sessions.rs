//! `RG.PYDUMPSESSIONS`.

use super::{registrations, requirements};
use crate::config;
use crate::gears::requirement_users;
use crate::id::Id;
use crate::redis::{Args, Command, Context, Reply};
use crate::registration::{Registry, Session, Unrestored, registry};
use crate::requirements::store;
use crate::scope::SessionInfo;
use std::sync::Arc;

/// `RG.PYDUMPSESSIONS [VERBOSE] [DEAD] [SESSIONS name..]`: sessions with their requirements and registrations.
pub(super) struct PyDumpSessions;

impl Command for PyDumpSessions {
    const NAME: &'static str = "rg.pydumpsessions";

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        let (mut verbose, mut dead, mut names) = (false, false, None);
        let mut words = args.from(1);
        while let Some(word) = words.next() {
            if word.is("VERBOSE") {
                verbose = true;
            } else if word.is("DEAD") {
                dead = true;
            } else if word.is("SESSIONS") {
                names = Some(
                    words
                        .by_ref()
                        .map(|word| word.lossy().into_owned())
                        .collect::<Vec<_>>(),
                );
            } else {
                return reply.error(&format!("Unknown option {}", word.lossy()));
            }
        }
        registry().read(context, |registry| match names {
            Some(names) => {
                reply.array(names.len());
                for name in names {
                    match (registry.session(&name), registry.unrestored.get(&name)) {
                        (Some(session), _) => row(&reply, registry, session, verbose),
                        (None, Some(session)) => unrestored_row(&reply, registry, session, verbose),
                        (None, None) => {
                            reply.bulk(format!("Session {name} does not exists").as_bytes());
                        }
                    }
                }
            }
            None if dead => {
                let all = registry.dead_sessions();
                reply.array(all.len());
                for info in all {
                    // Without the reference that this loop holds.
                    let references = Arc::strong_count(&info) - 1;
                    head(&reply, &info, references, false);
                    requirements(&reply, registry, &info.requirements, verbose);
                    reply.bulk(b"registrations");
                    reply.array(0);
                }
            }
            None => {
                reply.array(registry.sessions().count() + registry.unrestored.len());
                for session in registry.sessions() {
                    row(&reply, registry, session, verbose);
                }
                for session in registry.unrestored.iter() {
                    unrestored_row(&reply, registry, session, verbose);
                }
            }
        });
    }
}

/// The row of a session that is not restored yet: its registrations cannot be described, and it has one field more.
fn unrestored_row(reply: &Reply<'_>, registry: &Registry, session: &Unrestored, verbose: bool) {
    let shows_reason = !config::get().replies_of_1_0();
    let stored = &session.stored;
    reply.array(if shows_reason { 18 } else { 16 });
    let head = SessionHead {
        id: &stored.id,
        description: stored.description.as_deref(),
        references: 0,
        is_alive: true,
        missing: missing(&stored.requirements),
    };
    head.write(reply);
    requirements(reply, registry, &stored.requirements, verbose);
    reply.bulk(b"registrations");
    reply.array(stored.registrations.len());
    for &number in &stored.registrations {
        let id = Id::of(number);
        reply.bulk(id.to_string().as_bytes());
    }
    if shows_reason {
        reply.field("notRestored", &session.why);
    }
}

/// The first twelve elements of the row of a session, and the head of the array.
fn head(reply: &Reply<'_>, info: &SessionInfo, references: usize, is_alive: bool) {
    reply.array(16);
    let head = SessionHead {
        id: &info.id,
        description: info.description.as_deref(),
        references,
        is_alive,
        missing: missing(&info.requirements),
    };
    head.write(reply);
}

/// The first twelve elements of the row of a session.
struct SessionHead<'a> {
    id: &'a str,
    description: Option<&'a str>,
    references: usize,
    is_alive: bool,
    missing: i64,
}

impl SessionHead<'_> {
    fn write(&self, reply: &Reply<'_>) {
        let references = i64::try_from(self.references).unwrap_or(i64::MAX);
        reply.field("ID", self.id);
        reply.optional_field("sessionDescription", self.description);
        reply.integer_field("refCount", references);
        reply.field("linked", if self.is_alive { "primary" } else { "None" });
        reply.field("dead", if self.is_alive { "false" } else { "true" });
        reply.integer_field("requirementInstallationNeeded", self.missing);
    }
}

/// The number of requirements that are not installed.
fn missing(requirements: &[String]) -> i64 {
    let is_installed = |name: &String| store().is_some_and(|store| store.is_installed(name));
    let count = requirements
        .iter()
        .filter(|name| !is_installed(name))
        .count();
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn requirements(reply: &Reply<'_>, registry: &Registry, names: &[String], verbose: bool) {
    reply.bulk(b"requirements");
    reply.array(names.len());
    for name in names {
        let row = store().and_then(|store| store.row(name));
        match row.filter(|_| verbose) {
            Some(requirement) => {
                requirements::row(reply, &requirement, requirement_users(registry, name));
            }
            None => reply.bulk(name.as_bytes()),
        }
    }
}

fn row(reply: &Reply<'_>, registry: &Registry, session: &Session, verbose: bool) {
    head(reply, &session.info, session.references(), true);
    requirements(reply, registry, &session.info.requirements, verbose);
    reply.bulk(b"registrations");
    if verbose {
        reply.array(session.registrations.len());
        for &id in &session.registrations {
            match registry.registration(id) {
                Some(registration) => {
                    reply.array(10);
                    registrations::row(reply, registration);
                    reply.field("ExecutionThreadPool", "DefaultPool");
                }
                None => reply.null(),
            }
        }
    } else {
        reply.array(session.registrations.len());
        for id in registrations::ids(session) {
            reply.bulk(id.as_bytes());
        }
    }
}
