//! Who reaches the server: protected mode, addresses and the user `default`.

use super::node::Node;
use super::report::Report;
use redis::{Value, cmd, from_redis_value_ref};
use std::collections::HashMap;
use std::net::IpAddr;

const CHECK: &str = "network";

/// What decides who reaches the server.
#[derive(Debug, Clone)]
struct Exposure {
    /// Whether the user `default` is on and needs no password.
    is_open: bool,
    /// The addresses of the setting `bind`; without one, all count.
    bind: String,
    /// The ports, with and without TLS. `0` stands for no port.
    ports: [String; 2],
    is_protected: bool,
}

pub(super) fn look(node: &mut Node, report: &mut Report) {
    let (Some(bind), Some(protected)) = (node.setting("bind"), node.setting("protected-mode"))
    else {
        return;
    };
    let user: Option<HashMap<String, Value>> = node.ask(cmd("ACL").arg("GETUSER").arg("default"));
    let flags = user.and_then(|user| from_redis_value_ref::<Vec<String>>(user.get("flags")?).ok());
    let Some(flags) = flags else {
        return;
    };
    let has = |flag: &str| flags.iter().any(|other| other == flag);
    let exposure = Exposure {
        is_open: has("on") && has("nopass"),
        bind,
        ports: ["port", "tls-port"].map(|name| node.setting(name).unwrap_or_default()),
        is_protected: protected == "yes",
    };
    exposure.tell(report);
}

impl Exposure {
    fn tell(&self, report: &mut Report) {
        if !self.is_open {
            report.ok(
                CHECK,
                "the user `default` needs a password, or is switched off",
            );
        } else if self.is_near() {
            report.ok(
                CHECK,
                "no password, and only this machine reaches the server",
            );
        } else if self.is_protected {
            report.ok(
                CHECK,
                "no password, and protected mode lets only this machine in",
            );
        } else {
            report.error(
                CHECK,
                format!(
                    "everybody who reaches the server (bind {}) can run Python as its user: no password, and protected mode \
                     is off",
                    if self.bind.is_empty() { "*" } else { &self.bind }
                ),
                "give `default` a password (`requirepass`), write `protected-mode yes`, or `bind 127.0.0.1`",
            );
        }
    }

    /// Whether the server listens on addresses of its own machine alone, or on none.
    fn is_near(&self) -> bool {
        let is_closed = self.ports.iter().all(|port| port.is_empty() || port == "0");
        let mut addresses = self.bind.split_whitespace().peekable();
        is_closed || (addresses.peek().is_some() && addresses.all(is_loopback))
    }
}

fn is_loopback(address: &str) -> bool {
    // The sign says that the server starts without this address, too.
    let address = address.trim_start_matches('-');
    address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Exposure;
    use crate::server::doctor::report::{Report, Status};

    fn status(is_open: bool, bind: &str, ports: [&str; 2], is_protected: bool) -> Status {
        let mut report = Report::default();
        let exposure = Exposure {
            is_open,
            bind: bind.to_owned(),
            ports: ports.map(str::to_owned),
            is_protected,
        };
        exposure.tell(&mut report);
        report.worst()
    }

    #[test]
    fn a_server_for_everybody_is_an_error() {
        for bind in ["", "*", "0.0.0.0", "127.0.0.1 192.0.2.1", "::"] {
            assert_eq!(
                status(true, bind, ["6379", "0"], false),
                Status::Error,
                "{bind}"
            );
            assert_eq!(
                status(true, bind, ["0", "6379"], false),
                Status::Error,
                "{bind}"
            );
            assert_eq!(
                status(true, bind, ["6379", "0"], true),
                Status::Ok,
                "{bind}"
            );
            assert_eq!(
                status(false, bind, ["6379", "0"], false),
                Status::Ok,
                "{bind}"
            );
            assert_eq!(status(true, bind, ["0", ""], false), Status::Ok, "{bind}");
        }
        for bind in ["127.0.0.1", "127.0.0.1 -::1"] {
            assert_eq!(
                status(true, bind, ["6379", "0"], false),
                Status::Ok,
                "{bind}"
            );
        }
    }
}
