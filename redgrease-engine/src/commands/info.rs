//! Commands about the engine itself.

use super::elsewhere::list_by_shard;
use crate::gears::{Attempts, restore_again};
use crate::python::allocation;
use crate::redis::{Args, BlockedClient, Command, Context};
use crate::registration::registry;

/// `RG.PYSTATS [CLUSTER]`: the memory that Python uses, in bytes.
pub(super) struct PyStats;

impl Command for PyStats {
    const NAME: &'static str = "rg.pystats";

    fn run(context: &Context, args: Args<'_>) {
        if list_by_shard(context, args) {
            return;
        }
        let reply = context.reply();
        let bytes = allocation();
        reply.array(6);
        reply.integer_field(
            "TotalAllocated",
            i64::try_from(bytes.total).unwrap_or(i64::MAX),
        );
        reply.integer_field("PeakAllocated", bytes.peak);
        reply.integer_field("CurrAllocated", bytes.current);
    }
}

/// Tries the sessions again that could not be restored, and replies when their scripts have run. The reply does not wait for
/// packages.
pub(super) fn restore(context: &Context) {
    let waits = registry().read(context, |registry| registry.unrestored.len() > 0);
    let client = (waits && context.may_block())
        .then(|| BlockedClient::block(context))
        .flatten();
    let Some(client) = client else {
        restore_again(context, None);
        return context.reply().ok();
    };
    let answer = || {
        client.answer(|reply| {
            reply.ok();
        });
    };
    restore_again(context, Some(&Attempts::then(answer)));
}

/// `RG.DUMPPLUGINS`: the plugins. Python is the only one.
pub(super) struct DumpPlugins;

impl Command for DumpPlugins {
    const NAME: &'static str = "rg.dumpplugins";

    fn run(context: &Context, _: Args<'_>) {
        let reply = context.reply();
        reply.array(1);
        reply.array(2);
        reply.bulk(b"GearsPythonPlugin");
        reply.integer(10_000);
    }
}
