//! The server program: its version, role, persistence, memory, network and log.

use super::node::Node;
use super::report::Report;
use std::net::IpAddr;

/// The oldest server that has all that the engine needs, and the oldest one on which gears have the rights of their users.
const OLDEST: [u64; 3] = [6, 2, 0];
const WITH_USERS: [u64; 3] = [7, 0, 6];

pub(super) fn look(node: &mut Node, report: &mut Report) {
    version(node, report);
    role(node, report);
    persistence(node, report);
    memory(node, report);
    network(node, report);
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

fn network(node: &mut Node, report: &mut Report) {
    const CHECK: &str = "network";
    let (Some(bind), Some(protected)) = (node.setting("bind"), node.setting("protected-mode"))
    else {
        return;
    };
    let user: Option<Vec<redis::Value>> = node.ask(redis::cmd("ACL").arg("GETUSER").arg("default"));
    let Some(user) = user else {
        return;
    };
    let port = node.setting("port").unwrap_or_default();
    let tls_port = node.setting("tls-port").unwrap_or_default();
    let is_closed = [&port, &tls_port]
        .iter()
        .all(|port| port.is_empty() || *port == "0");
    let flags = format!("{user:?}");
    let is_open = flags.contains("nopass") && flags.contains("\"on\"");
    let is_near = is_closed || bind.split_whitespace().all(is_loopback) && !bind.trim().is_empty();
    match (is_open, is_near, protected == "yes") {
        (false, _, _) => report.ok(CHECK, "the user `default` needs a password, or is switched off"),
        (true, true, _) => report.ok(CHECK, "no password, and only this machine reaches the server"),
        (true, false, true) => report.ok(
            CHECK,
            "no password, and protected mode lets only this machine in",
        ),
        (true, false, false) => report.error(
            CHECK,
            format!(
                "everybody who reaches the server (bind {}) can run Python as its user: no password, and protected mode is off",
                if bind.is_empty() { "*" } else { &bind }
            ),
            "give `default` a password (`requirepass`), write `protected-mode yes`, or `bind 127.0.0.1`",
        ),
    }
}

fn is_loopback(address: &str) -> bool {
    let address = address.trim_start_matches('-');
    address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
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
    use super::{is_loopback, number};

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(number("7.0.15"), [7, 0, 15]);
        assert!(number("7.0.15") > number("7.0.6") && number("8") > number("7.9.9"));
        assert_eq!(number("odd"), [0, 0, 0]);
    }

    #[test]
    fn addresses_of_bind() {
        assert!(is_loopback("127.0.0.1") && is_loopback("-::1"));
        assert!(!is_loopback("*") && !is_loopback("0.0.0.0"));
    }
}
