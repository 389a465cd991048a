//! The rights of the user for each command of the module.

use super::module::Module;
use super::node::Node;
use super::report::Report;
use redis::{Value, cmd};

const CHECK: &str = "rights";

/// What a user does with some commands.
struct Purpose {
    what: &'static str,
    commands: &'static [&'static str],
    /// Whether only users who deploy need it.
    is_admin: bool,
}

const PURPOSES: [Purpose; 4] = [
    Purpose {
        what: "call gears",
        commands: &["RG.TRIGGER", "RG.TRIGGERONKEY"],
        is_admin: false,
    },
    Purpose {
        what: "look at the server",
        commands: &[
            "RG.DUMPREGISTRATIONS",
            "RG.PYDUMPSESSIONS",
            "RG.PYDUMPREQS",
            "RG.DUMPEXECUTIONS",
            "RG.GETEXECUTION",
            "RG.CONFIGGET",
            "RG.PYSTATS",
            "RG.INFOCLUSTER",
            "RG.DUMPPLUGINS",
        ],
        is_admin: false,
    },
    Purpose {
        what: "run scripts and deploy gears",
        commands: &[
            "RG.PYEXECUTE",
            "RG.UNREGISTER",
            "RG.PAUSEREGISTRATIONS",
            "RG.UNPAUSEREGISTRATIONS",
            "RG.GETRESULTS",
            "RG.GETRESULTSBLOCKING",
            "RG.ABORTEXECUTION",
            "RG.DROPEXECUTION",
        ],
        is_admin: true,
    },
    Purpose {
        what: "operate the server",
        commands: &[
            "RG.CONFIGSET",
            "RG.CLEARREGISTRATIONSSTATS",
            "RG.PYEXPORTREQ",
            "RG.PYIMPORTREQ",
            "RG.PYPROFILE",
            "RG.REFRESHCLUSTER",
        ],
        is_admin: true,
    },
];

/// Commands that do nothing without arguments, and are refused to a user without the right to them.
const HARMLESS: [&str; 8] = [
    "RG.DUMPREGISTRATIONS",
    "RG.PYDUMPSESSIONS",
    "RG.PYDUMPREQS",
    "RG.DUMPEXECUTIONS",
    "RG.PYSTATS",
    "RG.INFOCLUSTER",
    "RG.DUMPPLUGINS",
    "RG.TRIGGER",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Granted,
    Denied,
    Unknown,
}

pub(super) fn look(node: &mut Node, module: Module, report: &mut Report) {
    let user: Option<String> = node.ask(cmd("ACL").arg("WHOAMI"));
    let name = user.clone().unwrap_or_else(|| "this user".to_owned());
    let may_send_code = right(node, user.as_deref(), "RG.PYEXECUTE");
    let mut granted = Vec::new();
    let mut unknown = 0;
    for purpose in PURPOSES {
        let mut denied = Vec::new();
        for &command in purpose.commands {
            let mut right = right(node, user.as_deref(), command);
            // There the engine itself refuses what needs the right to send code.
            let depends = purpose.is_admin && !module.has_categories;
            if depends && may_send_code == Right::Denied {
                right = Right::Denied;
            }
            match right {
                Right::Granted => {}
                Right::Denied => denied.push(command),
                Right::Unknown => unknown += 1,
            }
        }
        if denied.is_empty() {
            granted.push(purpose.what);
            continue;
        }
        let rules: Vec<String> = denied
            .iter()
            .map(|it| format!("+{}", it.to_lowercase()))
            .collect();
        report.warning(
            CHECK,
            format!(
                "`{name}` may not {}: no right to {}",
                purpose.what,
                denied.join(", ")
            ),
            format!("if it has to: `ACL SETUSER {name} {}`", rules.join(" ")),
        );
    }
    if unknown > 0 {
        report.warning(
            CHECK,
            format!("whether `{name}` may run {unknown} of the commands cannot be told"),
            "from Redis 7.0 on a user with the right to `ACL DRYRUN` sees it",
        );
    } else if !granted.is_empty() {
        report.ok(CHECK, format!("`{name}` may {}", granted.join(", ")));
    }
}

fn right(node: &mut Node, user: Option<&str>, command: &str) -> Right {
    if let Some(user) = user {
        let mut dry_run = cmd("ACL");
        dry_run
            .arg("DRYRUN")
            .arg(user)
            .arg(command)
            .arg("x")
            .arg("x");
        match node.try_ask(&dry_run) {
            Ok(Value::Okay) => return Right::Granted,
            Ok(Value::BulkString(text)) => {
                // A refusal of a key is not one of the command.
                let text = String::from_utf8_lossy(&text);
                let is_denied = text.contains("to run the") || text.contains("to execute the");
                return if is_denied {
                    Right::Denied
                } else {
                    Right::Granted
                };
            }
            _ => {}
        }
    }
    if !HARMLESS.contains(&command) {
        return Right::Unknown;
    }
    match node.try_ask(&cmd(command)) {
        Err(error) if error.code() == Some("NOPERM") => Right::Denied,
        _ => Right::Granted,
    }
}
