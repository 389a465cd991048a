//! The shards of a cluster.

use super::host;
use super::node::Node;
use super::report::Report;
use crate::app::App;
use redgrease_core::{ErrorKind, GearsCommands as _};
use redis::cmd;
use std::collections::BTreeMap;

const CHECK: &str = "cluster";
/// What to do about a shard that does not answer.
const AWAY: &str = "look whether their servers run, and whether each of them has loaded the engine";

pub(super) fn look(app: &App, node: &mut Node, report: &mut Report) {
    if node.number("cluster_enabled") == 0 {
        return;
    }
    if let Some(text) = node.ask::<String>(cmd("CLUSTER").arg("INFO")) {
        let fields: BTreeMap<&str, &str> = text
            .lines()
            .filter_map(|line| line.trim_end().split_once(':'))
            .collect();
        let field = |name| fields.get(name).copied().unwrap_or("unknown");
        if field("cluster_state") != "ok" {
            report.error(
                CHECK,
                format!(
                    "the state of the cluster is `{}`: {} of 16384 slots are served",
                    field("cluster_state"),
                    field("cluster_slots_ok")
                ),
                "start the servers that are gone, and look at `CLUSTER NODES`; runs and registrations wait for all shards",
            );
        }
    }
    let cluster = match node.connection().info_cluster() {
        Ok(Some(cluster)) => cluster,
        Ok(None) => {
            report.error(
                CHECK,
                "the engine does not know the cluster",
                "send `RG.REFRESHCLUSTER` to each server",
            );
            return;
        }
        Err(_) => return,
    };
    let shards = cluster.shards.len();
    // A setting that every shard has tells which ones answer.
    let answers = node.connection().config_get_cluster(&["ExecutionThreads"]);
    let answers = match answers {
        Ok(answers) => answers,
        Err(error) if matches!(error.kind(), ErrorKind::NoPermission { .. }) => return,
        Err(error) => {
            report.error(
                CHECK,
                format!("not all of {shards} shards answer: {error}"),
                AWAY,
            );
            return;
        }
    };
    let missing: Vec<&str> = answers
        .iter()
        .flat_map(|setting| setting.missing.iter().map(String::as_str))
        .collect();
    if missing.is_empty() {
        report.ok(CHECK, format!("{shards} shards, and all of them answer"));
        look_at_each(app, node, report);
    } else {
        report.error(
            CHECK,
            format!(
                "of {shards} shards these do not answer: {}",
                missing.join(", ")
            ),
            AWAY,
        );
    }
}

/// What is wrong with the shards, one by one. What is well with them is not told again.
fn look_at_each(app: &App, first: &mut Node, report: &mut Report) {
    let own = first.info("run_id").map(str::to_owned);
    let parts = ["rg_engine_version", "rg_python_version", "redis_version"];
    let expected = parts.map(|field| first.info(field).map(str::to_owned));
    let Ok(nodes) = app.nodes(first.connection()) else {
        return;
    };
    for place in nodes {
        let mut node = match place.connect() {
            Ok(con) => Node::new(con),
            Err(error) => {
                report.warning(
                    CHECK,
                    format!("{} cannot be looked at from here: {error}", place.address),
                    "run the doctor on a machine that reaches all shards, as clients of the cluster have to",
                );
                continue;
            }
        };
        if node.info("run_id").map(str::to_owned) == own {
            continue;
        }
        for (field, expected) in parts.iter().zip(&expected) {
            let found = node.info(field);
            if let (Some(found), Some(expected)) = (found, expected)
                && found != expected
            {
                let what = field.trim_start_matches("rg_").replace('_', " ");
                report.warning(
                    CHECK,
                    format!(
                        "{}: {what} {found}, and elsewhere {expected}",
                        place.address
                    ),
                    "give all servers the same versions: a gear may run on each of them",
                );
            }
        }
        let mut of_node = Report::default();
        host::look(&mut node, &mut of_node);
        report.absorb(&place.address, of_node);
    }
}
