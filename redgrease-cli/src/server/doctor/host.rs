//! The server program: its version, role, persistence, memory and log.

use super::network;
use super::node::Node;
use super::report::Report;

/// The oldest server that has all that the engine needs, and the oldest one on which gears have the rights of their users.
const OLDEST: [u64; 3] = [6, 2, 0];
const WITH_USERS: [u64; 3] = [7, 0, 6];

pub(super) fn look(node: &mut Node, report: &mut Report) {
    version(node, report);
    role(node, report);
    persistence(node, report);
    memory(node, report);
    network::look(node, report);
    log(node, report);
}

/// The version of Redis that the server is, or is compatible with.
pub(super) fn number(text: &str) -> [u64; 3] {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or_default());
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn version(node: &Node, report: &mut Report) {
    let Some(text) = node.info("redis_version") else {
        return;
    };
    let version = number(text);
    let remedy = "use Valkey, or Redis 7.2 or newer";
    if version < OLDEST {
        report.error(
            "version",
            format!("{text} is older than 6.2, which the engine needs"),
            remedy,
        );
    } else if version < WITH_USERS {
        report.warning(
            "version",
            format!("{text} cannot run gears with the rights of users: scripts are refused when another user than `default` exists"),
            remedy,
        );
    }
}

fn role(node: &Node, report: &mut Report) {
    if node.number("loading") == 1 {
        report.error(
            "loading",
            "the server still reads its data",
            "wait, and run the doctor again",
        );
    }
    if node.info("role") == Some("slave") {
        let master = format!(
            "{}:{}",
            node.info("master_host").unwrap_or("unknown"),
            node.info("master_port").unwrap_or("unknown")
        );
        report.warning(
            "role",
            format!("a replica of {master}: gears are registered at the master"),
            format!("run the doctor and deploy there: --url redis://{master}/"),
        );
        if node.info("master_link_status") == Some("down") {
            report.error(
                "replication",
                format!("the replica has lost its master {master}"),
                "look whether the master runs, and at the log of this server",
            );
        }
    }
}

fn persistence(node: &mut Node, report: &mut Report) {
    const CHECK: &str = "persistence";
    let aof = node.setting("appendonly");
    let save = node.setting("save");
    let failed = [
        ("aof_last_write_status", "the AOF could not be written"),
        (
            "aof_last_bgrewrite_status",
            "the AOF could not be rewritten",
        ),
        ("rdb_last_bgsave_status", "the last snapshot failed"),
    ];
    for (field, what) in failed {
        if node.info(field) == Some("err") {
            report.error(
                CHECK,
                format!("{what}: the server may refuse to write"),
                "look at the log of the server, the space of its disk, and the rights of its folder (`CONFIG GET dir`)",
            );
        }
    }
    let (Some(aof), Some(save)) = (aof, save) else {
        return;
    };
    if aof == "yes" {
        report.ok(CHECK, "AOF: registrations are there again after a crash");
    } else if !save.is_empty() {
        report.ok(
            CHECK,
            format!("snapshots ({save}): a crash loses the registrations since the last one"),
        );
    } else {
        report.warning(
            CHECK,
            "neither AOF nor snapshots: the registrations are lost when the server ends",
            "write `appendonly yes` into the configuration of the server (`CONFIG SET appendonly yes`, `CONFIG REWRITE`); programs \
             with gears register them again by themselves",
        );
    }
}

fn memory(node: &mut Node, report: &mut Report) {
    const CHECK: &str = "memory";
    let (Some(limit), Some(policy)) = (node.setting("maxmemory"), node.setting("maxmemory-policy"))
    else {
        return;
    };
    let limit: u64 = limit.parse().unwrap_or_default();
    let used = node.number("used_memory");
    if limit == 0 {
        report.ok(CHECK, "no limit (maxmemory 0)");
    } else if policy == "noeviction" && used >= limit {
        report.error(
            CHECK,
            format!("{used} of {limit} bytes are used: the server refuses to write"),
            "raise `maxmemory`, or remove keys",
        );
    } else if policy.starts_with("allkeys-") {
        report.warning(
            CHECK,
            format!("{policy}: with {limit} bytes the server removes any key, also streams, time events and the index of scripts"),
            "choose `maxmemory-policy noeviction` or a `volatile-` policy if gears keep data in keys",
        );
    } else if used > limit / 10 * 9 {
        report.warning(
            CHECK,
            format!("{used} of {limit} bytes are used"),
            "raise `maxmemory`, or remove keys",
        );
    } else {
        report.ok(
            CHECK,
            format!("{used} of {limit} bytes are used ({policy})"),
        );
    }
}

fn log(node: &mut Node, report: &mut Report) {
    const CHECK: &str = "log";
    let (Some(file), Some(daemon)) = (node.setting("logfile"), node.setting("daemonize")) else {
        return;
    };
    if !file.is_empty() {
        report.ok(CHECK, format!("{file}: the output of gears is there"));
    } else if daemon == "yes" {
        report.warning(
            CHECK,
            "the server is a daemon without a log: the output and the errors of gears are lost",
            "write `logfile /PATH` into the configuration of the server",
        );
    } else {
        report.ok(
            CHECK,
            "the output of the server program: the output of gears is there",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(number("7.0.15"), [7, 0, 15]);
        assert!(number("7.0.15") > number("7.0.6") && number("8") > number("7.9.9"));
        assert_eq!(number("odd"), [0, 0, 0]);
    }
}
