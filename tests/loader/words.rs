//! The words of refusals: those of the documentation, at the start of a server, and those of the server itself.

use crate::common::capability::tell;
use crate::common::untyped;
use crate::installation::{Installation, failures, is_redis_6};
use crate::running::Running;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A starting server ends with the line, and its own behind it.
#[test]
fn a_server_that_starts_ends_with_the_line() {
    let empty = Installation::empty();
    let error = empty.server(&[]).start().unwrap_err().to_string();
    let lines = error.matches("could not load the RedGrease engine: there is no engine in");
    assert_eq!(lines.count(), 1, "{error}");
}

/// The page of the engine lists how a line can begin.
#[test]
fn lines_begin_as_the_documentation_says() {
    let page = include_str!("../../book/src/engine.md");
    let (_, table) = page.split_once("| beginning of the line |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let cells = table.lines().filter_map(|row| row.split('|').nth(1));
    let beginnings: Vec<&str> = cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert!(beginnings.len() > 4, "{beginnings:?}");
    let running = Running::new();
    let whole = Installation::whole();
    for arguments in [
        &["Python", "/no/such/python"][..],
        &["ExecutionThreads", "many"],
        &["ExecutionThreads", "0"],
        &["CompatibleReplies", "2.0"],
        &["ExecutionThreads"],
        &["Nope"],
    ] {
        let before = failures(&running.server).len();
        let reply = running.load(&whole.loader(), arguments);
        assert!(reply.contains("Error loading the extension"), "{reply}");
        let lines = failures(&running.server).split_off(before);
        let [line] = &lines[..] else {
            panic!("{arguments:?}: {lines:#?}");
        };
        assert!(
            beginnings.iter().any(|begin| line.starts_with(begin)),
            "{line}"
        );
    }
    running.loads_at_last(&whole);
}

/// The words of the server itself, which the documentation names.
#[test]
fn two_refusals_are_those_of_the_server() {
    if is_redis_6() {
        tell("the server lets every client load modules, without the right to execute");
        return;
    }
    let whole = Installation::whole();
    let closed = whole.server(&[]).start().unwrap();
    let reply = untyped(&closed, &["MODULE", "LOAD", "/no/such.so"]);
    assert!(reply.contains("MODULE command not allowed"), "{reply}");
    drop(closed);
    fs::set_permissions(whole.loader(), fs::Permissions::from_mode(0o644)).unwrap();
    let error = whole.server(&[]).start().unwrap_err().to_string();
    assert!(
        error.contains("It does not have execute permissions"),
        "{error}"
    );
}
