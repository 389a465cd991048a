//! `RG.PYDUMPSESSIONS`.

use super::{registrations, requirements};
use crate::gears::requirement_users;
use crate::redis::{Args, Command, Context, Reply};
use crate::registration::{Registry, Session, registry};
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
                    match registry.session(&name) {
                        Some(session) => row(&reply, registry, session, verbose),
                        None => {
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
                    requirements(&reply, registry, &info, verbose);
                    reply.bulk(b"registrations");
                    reply.array(0);
                }
            }
            None => {
                reply.array(registry.sessions().count());
                for session in registry.sessions() {
                    row(&reply, registry, session, verbose);
                }
            }
        });
    }
}

/// The first twelve elements of the row of a session.
fn head(reply: &Reply<'_>, info: &SessionInfo, references: usize, is_alive: bool) {
    reply.array(16);
    reply.field("ID", &info.id);
    reply.optional_field("sessionDescription", info.description.as_deref());
    reply.integer_field("refCount", i64::try_from(references).unwrap_or(i64::MAX));
    reply.field("linked", if is_alive { "primary" } else { "None" });
    reply.field("dead", if is_alive { "false" } else { "true" });
    reply.integer_field("requirementInstallationNeeded", missing(&info.requirements));
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

fn requirements(reply: &Reply<'_>, registry: &Registry, info: &SessionInfo, verbose: bool) {
    reply.bulk(b"requirements");
    reply.array(info.requirements.len());
    for name in &info.requirements {
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
    requirements(reply, registry, &session.info, verbose);
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
