//! Commands that the nodes of a cluster send to each other. This engine answers them like a node outside of a cluster.

use crate::redis::{Args, Command, Context};
use std::sync::OnceLock;

/// The error of a node that belongs to no cluster.
const NO_CLUSTER: &str = "ERRCLUSTER Uninitialized cluster state";
/// The number of words that describe the smallest cluster.
const FEWEST_WORDS: usize = 10;

/// `RG.HELLO`: the id of this process, 40 random hexadecimal digits.
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

/// `RG.CLUSTERSET word..`: describes the cluster.
pub(super) struct ClusterSet;

impl Command for ClusterSet {
    const NAME: &'static str = "rg.clusterset";

    fn run(context: &Context, args: Args<'_>) {
        set_cluster(context, args);
    }
}

/// `RG.CLUSTERSETFROMSHARD word..`: describes the cluster; sent by another node.
pub(super) struct ClusterSetFromShard;

impl Command for ClusterSetFromShard {
    const NAME: &'static str = "rg.clustersetfromshard";
    const INSTEAD: &'static str = "this engine belongs to no cluster";

    fn run(context: &Context, args: Args<'_>) {
        set_cluster(context, args);
    }
}

/// `RG.INNERMSGCOMMAND word..`: a message of another node.
pub(super) struct InnerMessage;

impl Command for InnerMessage {
    const NAME: &'static str = "rg.innermsgcommand";
    const INSTEAD: &'static str = "this engine belongs to no cluster";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, _: Args<'_>) {
        context.reply().error(NO_CLUSTER);
    }
}

/// `RG.PYIMPORTRETINTERNAL word..`: a requirement that another node passes on.
pub(super) struct PyImportRetInternal;

impl Command for PyImportRetInternal {
    const NAME: &'static str = "rg.pyimportretinternal";
    const INSTEAD: &'static str = "use RG.PYIMPORTREQ";

    fn run(context: &Context, _: Args<'_>) {
        context
            .reply()
            .error("On RedisGearsPy_ImportRequirementInternal, got bad arguments");
    }
}

/// `RG.NETWORKTEST`: sends a message to all other nodes. A node outside of a cluster knows no others.
pub(super) struct NetworkTest;

impl Command for NetworkTest {
    const NAME: &'static str = "rg.networktest";

    fn run(context: &Context, _: Args<'_>) {
        context.reply().ok();
    }
}
