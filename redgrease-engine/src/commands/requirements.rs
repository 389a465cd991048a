//! `RG.PYDUMPREQS`, and the rows that other dumps share with it.

use crate::redis::{Args, Command, Context, Reply};
use crate::requirements::Requirement;

/// `RG.PYDUMPREQS`: the packages that were installed for gears.
pub(super) struct PyDumpReqs;

impl Command for PyDumpReqs {
    const NAME: &'static str = "rg.pydumpreqs";

    fn run(context: &Context, _: Args<'_>) {
        let engine = crate::engine();
        let known = engine.known_requirements(context);
        let reply = context.reply();
        reply.array(known.len());
        for (requirement, users) in known {
            row(&reply, &requirement, users);
        }
    }
}

/// The 18 elements of a requirement.
pub(super) fn row(reply: &Reply, requirement: &Requirement, users: usize) {
    let yes_no = |yes: bool| if yes { "yes" } else { "no" };
    reply.array(18);
    reply.integer_field("GearReqVersion", 2);
    reply.field("Name", &requirement.name);
    reply.field("IsDownloaded", yes_no(requirement.is_downloaded));
    reply.field("IsInstalled", yes_no(requirement.is_installed));
    reply.field("CompiledOs", &requirement.compiled_os);
    reply.bulk(b"Wheels");
    reply.array(requirement.wheels.len());
    for wheel in &requirement.wheels {
        reply.bulk(wheel.as_bytes());
    }
    reply.field("Path", &requirement.path.to_string_lossy());
    reply.integer_field("RefCount", i64::try_from(users).unwrap_or(i64::MAX));
    reply.field("IsInReqDictionary", "yes");
}
