//! Commands about requirements.

use super::elsewhere::list_by_shard;
use super::rows::{self, answered, without_passwords, write_array};
use crate::gears::{Attempts, known_requirements, requirement_users, restore_again, use_packages};
use crate::redis::{Args, BlockedClient, Command, Context, Level, Reply, Requester, locked, log};
use crate::registration::registry;
use crate::requirements::{self, Portable, Requirement};
use std::sync::mpsc;
use std::thread;

/// The largest string of a reply, in bytes. A requirement is sent in chunks of this size.
const CHUNK: usize = 10 << 20;

/// `RG.PYDUMPREQS [CLUSTER]`: the requirements that scripts asked this server for.
pub(super) struct PyDumpReqs;

impl Command for PyDumpReqs {
    const NAME: &'static str = "rg.pydumpreqs";

    fn run(context: &Context, args: Args<'_>) {
        if list_by_shard(context, args) {
            return;
        }
        let known = known_requirements(context);
        let reply = context.reply();
        let requester = Requester::of(context);
        reply.array(known.len());
        for (requirement, users) in known {
            row_for(&reply, &requirement, users, &requester);
        }
    }
}

/// Writes the row of a requirement, which has 18 elements, or 12 for clients of RedisGears 1.0.
fn row(reply: &Reply<'_>, requirement: &Requirement, users: usize) {
    write_array(reply, &answered(rows::requirement(requirement, users)));
}

/// The same, as far as the requester may see the row.
pub(super) fn row_for(
    reply: &Reply<'_>,
    requirement: &Requirement,
    users: usize,
    requester: &Requester,
) {
    let name = without_passwords(&requirement.name, requester).into_owned();
    let requirement = Requirement {
        name,
        ..requirement.clone()
    };
    row(reply, &requirement, users);
}

/// `RG.PYEXPORTREQ name`: a requirement with its wheels, for `RG.PYIMPORTREQ` of another server.
pub(super) struct PyExportReq;

impl Command for PyExportReq {
    const NAME: &'static str = "rg.pyexportreq";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let name = args
            .get(1)
            .map(|word| word.lossy().into_owned())
            .unwrap_or_default();
        let store = requirements::store();
        let found = store.and_then(|store| Some((store, store.row(&name)?)));
        let Some((store, requirement)) = found else {
            return context.reply().error("requirement does not exists");
        };
        let users = registry().read(context, |registry| requirement_users(registry, &name));
        let work = move || match store.export(&name) {
            Ok(Some(portable)) => Outcome::Exported(Box::new((requirement, users, portable))),
            Ok(None) => Outcome::Error("requirement does not exists".to_owned()),
            Err(failure) => Outcome::Error(format!("ERR {failure}")),
        };
        in_background(context, "rg-export", work);
    }
}

/// The outcome of work on requirements.
enum Outcome {
    Error(String),
    Imported,
    Exported(Box<(Requirement, usize, Portable)>),
}

impl Outcome {
    fn write(&self, reply: &Reply<'_>) {
        match self {
            Outcome::Error(message) => reply.error(message),
            Outcome::Imported => reply.bulk(b"OK"),
            Outcome::Exported(exported) => {
                let (requirement, users, portable) = exported.as_ref();
                let bytes = portable.encode();
                reply.array(2);
                row(reply, requirement, *users);
                reply.array(bytes.chunks(CHUNK).len());
                for chunk in bytes.chunks(CHUNK) {
                    reply.bulk(chunk);
                }
            }
        }
    }
}

/// `RG.PYIMPORTREQ chunk..`: installs a requirement that `RG.PYEXPORTREQ` of another server has exported.
pub(super) struct PyImportReq;

impl Command for PyImportReq {
    const NAME: &'static str = "rg.pyimportreq";

    fn run(context: &Context, args: Args<'_>) {
        let mut bytes = Vec::new();
        for chunk in args.from(1) {
            bytes.extend_from_slice(chunk.bytes());
        }
        let portable = match Portable::decode(&bytes) {
            Ok(portable) => portable,
            Err(unreadable) => return context.reply().error(&unreadable.to_string()),
        };
        if !context.may_block() {
            return context.reply().error(
                "ERR a requirement can not be installed inside a MULTI/LUA (blocking is not allowed)",
            );
        }
        in_background(context, "rg-install", move || match import(&portable) {
            Ok(()) => Outcome::Imported,
            Err(failure) => Outcome::Error(format!(
                "Could not satisfy requirements (look at redis log file for more information): {failure}"
            )),
        });
    }
}

fn import(portable: &Portable) -> Result<(), String> {
    let store = requirements::store().ok_or("the engine is not ready")?;
    let imported = store.import(portable);
    imported.map_err(|failure| failure.to_string())?;
    let names = std::slice::from_ref(&portable.name);
    let (ended, end) = mpsc::channel::<()>();
    locked(|context| {
        use_packages(context, names);
        let attempts = Attempts::then(move || drop(ended));
        restore_again(context, Some(&attempts));
    });
    // Nothing is sent. The channel ends with the attempts.
    let _ = end.recv();
    Ok(())
}

/// Runs `work` on a thread of its own and replies with the outcome: the main thread must not wait for files and pip. If the
/// client cannot be blocked, `work` runs on this thread.
fn in_background(context: &Context, name: &str, work: impl FnOnce() -> Outcome + Send + 'static) {
    if !context.may_block() {
        return work().write(&context.reply());
    }
    let Some(client) = BlockedClient::block(context) else {
        return context.reply().error("ERR the client could not be blocked");
    };
    // If no thread can be started the closure is dropped, and with it the blocked client, which is answered then.
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(move || {
        let outcome = work();
        client.answer(|reply| outcome.write(reply));
    });
    if let Err(failure) = spawned {
        log(
            Level::Warning,
            &format!("a command about requirements got no thread: {failure}"),
        );
    }
}
