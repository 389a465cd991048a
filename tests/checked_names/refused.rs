//! The commands that the check refuses are those that the engine refuses.

use crate::common::untyped;
use redgrease_embedded::Server;
use redgrease_syntax::{Source, examine};

/// Commands with arguments, and whether a gear may run them.
const COMMANDS: &[(&str, bool)] = &[
    ("ASKING", false),
    ("AUTH x", false),
    ("CLIENT ID", true),
    ("CLIENT INFO", true),
    ("CLIENT LIST", true),
    ("CLIENT NO-EVICT on", false),
    ("CLIENT REPLY on", false),
    ("CLIENT SETNAME x", false),
    ("CLIENT TRACKING on", false),
    ("CONFIG GET port", true),
    ("DISCARD", false),
    ("EXEC", false),
    ("EXISTS x", true),
    ("HELLO", false),
    ("INFO", true),
    ("MONITOR", false),
    ("MULTI", false),
    ("PSUBSCRIBE x", false),
    ("PUBLISH x y", true),
    ("PUNSUBSCRIBE", false),
    ("QUIT", false),
    ("READONLY", false),
    ("READWRITE", false),
    ("REPLCONF x", false),
    ("RESET", false),
    ("ROLE", true),
    ("SELECT 0", false),
    ("SET x y", true),
    ("SUBSCRIBE x", false),
    ("SYNC", false),
    ("UNSUBSCRIBE", false),
    ("UNWATCH", false),
    ("WAIT 0 1", false),
    ("WATCH x", false),
];

#[test]
fn the_check_and_the_engine_refuse_the_same_commands() {
    let server = Server::start().unwrap();
    let script = "GB('CommandReader').map(lambda x: str(execute(*x[1:]))).register(trigger='run', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    for (command, is_fit) in COMMANDS {
        let words: Vec<&str> = command.split(' ').collect();
        let call = [&["RG.TRIGGER", "run"], &words[..]].concat();
        let reply = untyped(&server, &call);
        assert_eq!(
            !reply.contains("a gear cannot run"),
            *is_fit,
            "{command}: {reply}"
        );

        let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        let text = format!(" return execute({})", quoted.join(", "));
        let report = examine(&Source::body("run", &[], &text));
        assert_eq!(
            report.findings.is_empty(),
            *is_fit,
            "{text}: {:?}",
            report.findings
        );
    }
}
