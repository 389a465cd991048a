//! Commands about the cluster. Those that the nodes of RedisGears send to each other are answered like a node outside of a
//! cluster does: the nodes of this engine send messages.

use super::info::restore;
use crate::cluster::{heartbeat, hub, network_test, run_id, topology};
use crate::redis::{Args, Command, Context, Reply};

/// The error of a node that belongs to no cluster.
const NO_CLUSTER: &str = "ERRCLUSTER Uninitialized cluster state";
/// The number of words that describe the smallest cluster.
const FEWEST_WORDS: usize = 10;

/// `RG.HELLO`: the id of this process, 40 random hexadecimal digits.
pub(super) struct Hello;

impl Command for Hello {
    const NAME: &'static str = "rg.hello";

    fn run(context: &Context, _: Args<'_>) {
        context.reply().bulk(run_id(context).as_bytes());
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
    const INSTEAD: &'static str =
        "the nodes of this engine find each other over the bus of the cluster, without commands";

    fn run(context: &Context, args: Args<'_>) {
        set_cluster(context, args);
    }
}

/// `RG.INNERMSGCOMMAND word..`: a message of another node.
pub(super) struct InnerMessage;

impl Command for InnerMessage {
    const NAME: &'static str = "rg.innermsgcommand";
    const INSTEAD: &'static str =
        "the nodes of this engine find each other over the bus of the cluster, without commands";
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

/// The bytes of a network test that does not say how many.
const FEW: usize = 1024;
/// The most bytes of a network test: each server keeps them until the other one has them.
const MOST: usize = 64 << 20;

/// `RG.NETWORKTEST [bytes]`: sends a message to all other nodes, whose logs tell of it. A node outside of a cluster knows no
/// others.
pub(super) struct NetworkTest;

impl Command for NetworkTest {
    const NAME: &'static str = "rg.networktest";

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        let Some(hub) = hub() else {
            return reply.ok();
        };
        let length = match args.get(1) {
            Some(word) => word.lossy().parse().ok(),
            None => Some(FEW),
        };
        let sent = length
            .filter(|length| *length <= MOST)
            .map(|length| network_test::send(hub, length));
        match sent {
            Some(Ok(())) => reply.ok(),
            Some(Err(error)) => reply.error(&format!(
                "ERR the network test could not start a thread: {error}. Raise the limit of threads"
            )),
            None => reply.error(&format!(
                "ERR RG.NETWORKTEST takes a number of bytes: give one from 0 to {MOST}"
            )),
        }
    }
}

/// `RG.INFOCLUSTER`: the shards of the cluster.
pub(super) struct InfoCluster;

impl Command for InfoCluster {
    const NAME: &'static str = "rg.infocluster";

    fn run(context: &Context, _: Args<'_>) {
        let reply = context.reply();
        let topology = topology::current();
        let Some(myself) = topology.myself().filter(|_| topology.is_cluster()) else {
            return reply.bulk(b"no cluster mode");
        };
        reply.array(5);
        reply.field("MyId", myself.id.as_str());
        reply.field("MyRunId", run_id(context));
        reply.array(topology.shards().count());
        for shard in topology.shards() {
            let run_id = if shard.is_myself {
                Some(run_id(context).to_owned())
            } else {
                heartbeat()
                    .and_then(|all| all.of(shard.id))
                    .map(|hello| hello.run_id)
            };
            write_shard(&reply, shard, run_id.as_deref());
        }
    }
}

fn write_shard(reply: &Reply<'_>, shard: &topology::Node, run_id: Option<&str>) {
    let waiting = hub().map_or(0, |hub| hub.waiting_frames(shard.id));
    reply.array(16);
    reply.field("id", shard.id.as_str());
    reply.field("ip", &shard.ip);
    reply.integer_field("port", shard.port.into());
    reply.field("unixSocket", "None");
    reply.optional_field("runid", run_id);
    reply.integer_field("minHslot", shard.slots.first().unwrap_or_default().into());
    reply.integer_field("maxHslot", shard.slots.last().unwrap_or_default().into());
    reply.integer_field(
        "pendingMessages",
        i64::try_from(waiting).unwrap_or(i64::MAX),
    );
}

/// `RG.REFRESHCLUSTER`: reads the nodes of the cluster at once; the engine also does that by itself. Sessions that could not be
/// restored are tried again.
pub(super) struct RefreshCluster;

impl Command for RefreshCluster {
    const NAME: &'static str = "rg.refreshcluster";

    fn run(context: &Context, _: Args<'_>) {
        topology::refresh(context);
        restore(context);
    }
}
