//! Commands that the nodes of a cluster send each other. The engine works on one node, and
//! answers them as a node does that is in no cluster.

use crate::redis::{Args, Command, CommandFlags, Context};
use std::sync::OnceLock;

/// What there has to be before a message of another node can be understood.
const NO_CLUSTER: &str = "ERRCLUSTER Uninitialized cluster state";
/// The words that say where a node is: fewer cannot describe a cluster.
const FEWEST_WORDS: usize = 10;

/// `RG.HELLO`: 40 hexadecimal digits that are this process's own.
pub(super) struct Hello;

impl Command for Hello {
    const NAME: &'static str = "rg.hello";

    fn run(context: &Context, _: Args<'_>) {
        static RUN_ID: OnceLock<String> = OnceLock::new();
        let id = RUN_ID.get_or_init(|| context.random_hex::<40>());
        context.reply().bulk(id.as_bytes());
    }
}

fn set_cluster(context: &Context, args: Args<'_>) {
    context.reply().error(if args.from(0).len() < FEWEST_WORDS {
        "Could not parse cluster set arguments"
    } else {
        NO_CLUSTER
    });
}

/// `RG.CLUSTERSET word..`: which nodes there are.
pub(super) struct ClusterSet;

impl Command for ClusterSet {
    const NAME: &'static str = "rg.clusterset";
    const FLAGS: CommandFlags = CommandFlags::Admin;

    fn run(context: &Context, args: Args<'_>) {
        set_cluster(context, args);
    }
}

/// `RG.CLUSTERSETFROMSHARD word..`: the same, told by another node.
pub(super) struct ClusterSetFromShard;

impl Command for ClusterSetFromShard {
    const NAME: &'static str = "rg.clustersetfromshard";
    const FLAGS: CommandFlags = CommandFlags::Admin;

    fn run(context: &Context, args: Args<'_>) {
        set_cluster(context, args);
    }
}

/// `RG.INNERMSGCOMMAND word..`: a message of another node.
pub(super) struct InnerMessage;

impl Command for InnerMessage {
    const NAME: &'static str = "rg.innermsgcommand";
    const FLAGS: CommandFlags = CommandFlags::Admin;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, _: Args<'_>) {
        context.reply().error(NO_CLUSTER);
    }
}

/// `RG.PYIMPORTRETINTERNAL word..`: a requirement that another node gives on.
pub(super) struct PyImportRetInternal;

impl Command for PyImportRetInternal {
    const NAME: &'static str = "rg.pyimportretinternal";
    const FLAGS: CommandFlags = CommandFlags::Admin;

    fn run(context: &Context, _: Args<'_>) {
        context
            .reply()
            .error("On RedisGearsPy_ImportRequirementInternal, got bad arguments");
    }
}

/// `RG.NETWORKTEST`: greets all other nodes, of which there are none.
pub(super) struct NetworkTest;

impl Command for NetworkTest {
    const NAME: &'static str = "rg.networktest";

    fn run(context: &Context, _: Args<'_>) {
        context.reply().ok();
    }
}
