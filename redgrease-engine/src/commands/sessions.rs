//! `RG.PYDUMPSESSIONS`.

use super::elsewhere::list_by_shard;
use super::rows::{HIDDEN_ERROR, without_passwords};
use super::{listing, registrations, requirements};
use crate::config;
use crate::gears::requirement_counts;
use crate::id::Id;
use crate::redis::{Args, Command, Context, Reply, Requester, User, locked};
use crate::registration::{Registration, Registry, Session, registry};
use crate::requirements::{canonical, store};
use crate::scope::{SessionId, SessionInfo};
use std::collections::HashMap;
use std::sync::Arc;

/// `RG.PYDUMPSESSIONS [CLUSTER] [VERBOSE] [DEAD] [SESSIONS name..]`: sessions with their requirements and registrations.
pub(super) struct PyDumpSessions;

impl Command for PyDumpSessions {
    const NAME: &'static str = "rg.pydumpsessions";

    fn run(context: &Context, args: Args<'_>) {
        if list_by_shard(context, args) {
            return;
        }
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
        match names {
            Some(names) => named(context, &names, verbose),
            None if dead => dump_dead(context, verbose),
            None => dump(context, verbose),
        }
    }
}

fn named(context: &Context, names: &[String], verbose: bool) {
    let reply = context.reply();
    let users = Users::of(context, verbose);
    let requester = Requester::of(context);
    reply.array(names.len());
    for name in names {
        match Row::of(context, name, verbose) {
            Some(row) => row.write(&reply, &users, &requester),
            None => reply.bulk(format!("Session {name} does not exists").as_bytes()),
        }
    }
}

fn dump_dead(context: &Context, verbose: bool) {
    let reply = context.reply();
    let users = Users::of(context, verbose);
    let requester = Requester::of(context);
    let all = registry().read(context, Registry::dead_sessions);
    reply.array(all.len());
    for info in all {
        let row = Row {
            is_alive: false,
            // Without the reference that this loop holds.
            ..Row::of_info(&info, Arc::strong_count(&info) - 1)
        };
        row.write(&reply, &users, &requester);
    }
}

fn dump(context: &Context, verbose: bool) {
    let (ids, rows) = registry().read(context, |registry| {
        let restored = registry.sessions().map(|session| session.info.id.clone());
        let unrestored = registry.unrestored.iter();
        let unrestored = unrestored.map(|session| session.stored.id.clone());
        let ids: Vec<SessionId> = restored.chain(unrestored).collect();
        let rows = ids.len() + registry.len();
        (ids, rows)
    });
    let users = Users::of(context, verbose);
    let requester = Requester::of(context);
    listing::write(context, rows, move |reply| {
        // A session may be removed meanwhile.
        reply.postponed_array();
        let mut written = 0;
        for piece in ids.chunks(listing::PIECE) {
            let rows: Vec<Row> = locked(|context| {
                let row = |id: &SessionId| Row::of(context, id, verbose);
                piece.iter().filter_map(row).collect()
            });
            written += rows.len();
            for row in rows {
                row.write(reply, &users, &requester);
            }
        }
        reply.set_array_length(written);
    });
}

/// The number of sessions that have each requirement. `None` if requirements are listed by their names alone.
struct Users(Option<HashMap<String, usize>>);

impl Users {
    fn of(context: &Context, verbose: bool) -> Users {
        Users(verbose.then(|| registry().read(context, requirement_counts)))
    }
}

/// The row of a session. It is written without the server's lock.
struct Row {
    id: SessionId,
    description: Option<String>,
    references: usize,
    is_alive: bool,
    requirements: Vec<String>,
    registrations: Registrations,
    /// The reason why the session is not restored, and the user who sent its script.
    why: Option<(String, Option<User>)>,
}

enum Registrations {
    Ids(Vec<Id>),
    Rows(Vec<Arc<Registration>>),
}

impl Row {
    /// `None` if there is no session with this id.
    fn of(context: &Context, id: &str, verbose: bool) -> Option<Row> {
        registry().read(context, |registry| {
            if let Some(session) = registry.session(id) {
                return Some(Row {
                    registrations: registrations_of(registry, session, verbose),
                    ..Row::of_info(&session.info, session.references())
                });
            }
            let session = registry.unrestored.get(id)?;
            let stored = &session.stored;
            Some(Row {
                id: stored.id.clone(),
                description: stored.description.clone(),
                references: 0,
                is_alive: true,
                requirements: stored.requirements.clone(),
                registrations: Registrations::Ids(stored.registrations.clone()),
                why: Some((session.why.clone(), stored.user.as_deref().map(User::named))),
            })
        })
    }

    fn of_info(info: &SessionInfo, references: usize) -> Row {
        Row {
            id: info.id.clone(),
            description: info.description.clone(),
            references,
            is_alive: true,
            requirements: info.requirements.clone(),
            registrations: Registrations::Ids(Vec::new()),
            why: None,
        }
    }

    fn write(&self, reply: &Reply<'_>, users: &Users, requester: &Requester) {
        // Clients of 1.0 take no other fields.
        let why = self.why.as_ref();
        let why = why.filter(|_| !config::get().replies_of_1_0());
        reply.array(if why.is_some() { 18 } else { 16 });
        let references = i64::try_from(self.references).unwrap_or(i64::MAX);
        reply.field("ID", &self.id);
        reply.optional_field("sessionDescription", self.description.as_deref());
        reply.integer_field("refCount", references);
        reply.field("linked", if self.is_alive { "primary" } else { "None" });
        reply.field("dead", if self.is_alive { "false" } else { "true" });
        let missing = missing(&self.requirements);
        reply.integer_field("requirementInstallationNeeded", missing);
        write_requirements(reply, &self.requirements, users, requester);
        reply.bulk(b"registrations");
        match &self.registrations {
            Registrations::Ids(ids) => {
                reply.array(ids.len());
                for id in ids {
                    reply.bulk(id.to_string().as_bytes());
                }
            }
            Registrations::Rows(rows) => {
                reply.array(rows.len());
                for registration in rows {
                    reply.array(10);
                    registrations::row(reply, registration, requester);
                    reply.field("ExecutionThreadPool", "DefaultPool");
                }
            }
        }
        if let Some((why, user)) = why {
            let may_read = requester.may_handle_work_of(user.as_ref());
            reply.field("notRestored", if may_read { why } else { HIDDEN_ERROR });
        }
    }
}

fn registrations_of(registry: &Registry, session: &Session, verbose: bool) -> Registrations {
    if !verbose {
        return Registrations::Ids(session.registrations.clone());
    }
    let found = |id: &Id| registry.registration(*id).cloned();
    Registrations::Rows(session.registrations.iter().filter_map(found).collect())
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

fn write_requirements(reply: &Reply<'_>, names: &[String], users: &Users, requester: &Requester) {
    reply.bulk(b"requirements");
    reply.array(names.len());
    for name in names {
        let counts = users.0.as_ref();
        let row = counts.and_then(|counts| Some((store()?.row(name)?, counts)));
        match row {
            Some((requirement, counts)) => {
                let users = counts.get(&canonical(name)).copied().unwrap_or(0);
                requirements::row_for(reply, &requirement, users, requester);
            }
            None => reply.bulk(without_passwords(name, requester).as_bytes()),
        }
    }
}
