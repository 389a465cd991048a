//! The words of the server, and the settings.

use super::common::untyped;
use super::run;
use redgrease_embedded::Server;

#[test]
fn settings_show_what_is_in_force() {
    let server = Server::builder()
        .module_arg("ExecutionThreads", "4000")
        .start()
        .unwrap();
    let value = |name: &str| untyped(&server, &["RG.CONFIGGET", name]);
    assert!(value("PythonInstallationDir").starts_with('/'));
    assert_eq!(value("ExecutionThreads"), "512");
    let executable = run(
        &server,
        "import sys\nGB('ShardsIDReader').map(lambda r: sys.executable).run()",
    );
    assert_eq!(format!("{}\n", value("PythonExecutable")), executable);
    assert!(value("Plugin").contains("redgrease_engine"));
}

/// A command that the server does not run has the words that a client gets.
#[test]
fn execute_has_the_words_of_the_server() {
    let server = Server::start().unwrap();
    let commands: &[&[&str]] = &[
        &["NOSUCH"],
        &["nosuch", "a", "b"],
        &["GET"],
        &["get", "a", "b"],
        &["CONFIG", "NOSUCH"],
        &["SET", "x", "1", "NOSUCH"],
        &["OBJECT"],
        &["INCR", "list"],
    ];
    untyped(&server, &["RPUSH", "list", "x"]);
    for command in commands {
        // Without the quotes, the case of names and spaces: older servers have them in places of their own.
        let plain = |text: &str| {
            let letters = |c: &char| !"'`\"".contains(*c) && !c.is_whitespace();
            text.to_lowercase()
                .chars()
                .filter(letters)
                .collect::<String>()
        };
        let client = plain(&untyped(&server, command));
        let words: Vec<String> = command.iter().map(|word| format!("{word:?}")).collect();
        let words = words.join(", ");
        for (kind, script) in [
            (
                "step",
                format!(
                    "GB('CommandReader').map(lambda r: execute({words})).register(trigger='t', mode='async_local')"
                ),
            ),
            (
                "sync",
                format!(
                    "GB('CommandReader').map(lambda r: execute({words})).register(trigger='t', mode='sync')"
                ),
            ),
            (
                "coroutine",
                format!(
                    "async def f(r): return execute({words})\nGB('CommandReader').map(f).register(trigger='t')"
                ),
            ),
        ] {
            let upgraded = untyped(&server, &["RG.PYEXECUTE", &script, "ID", "app", "UPGRADE"]);
            assert_eq!(upgraded, "OK");
            let said = plain(&untyped(&server, &["RG.TRIGGER", "t"]));
            assert!(
                said.contains(&client),
                "{kind} {command:?}: {said} is not {client}"
            );
        }
    }
    let body = run(&server, "execute('NOSUCH')");
    assert!(body.contains("gears.error: ERR unknown command"), "{body}");
    let redgrease = run(
        &server,
        "import redgrease\ntry:\n    redgrease.cmd.execute_command('NOSUCH')\nexcept Exception as e:\n    flat_error(type(e).__name__ + ' ' + str(e))",
    );
    assert!(
        redgrease.starts_with("ResponseError unknown command"),
        "{redgrease}"
    );
}

#[test]
fn an_unknown_trigger_says_what_can_be_done() {
    let server = Server::start().unwrap();
    let first = "ERR subcommand not found: no gear has the trigger ";
    for command in ["RG.TRIGGER", "RG.TRIGGERONKEY"] {
        let said = untyped(&server, &[command, "nobody", "x"]);
        assert!(said.starts_with(&format!("{first}'nobody': ")), "{said}");
        assert!(said.contains("RG.DUMPREGISTRATIONS"), "{said}");
    }
    assert_eq!(
        run(&server, "GB('CommandReader').register(trigger='somebody')"),
        "OK"
    );
    let said = untyped(&server, &["RG.TRIGGER", "SomeBody"]);
    assert!(said.ends_with("call 'somebody'"), "{said}");
    let strange = untyped(&server, &["RG.TRIGGER", "a\r\nb\0c"]);
    assert!(strange.starts_with(first), "{strange}");
    let long = untyped(&server, &["RG.TRIGGER", &"x".repeat(100_000)]);
    assert!(long.starts_with(first) && long.len() < 500, "{long}");
    let empty = untyped(&server, &["RG.TRIGGER", ""]);
    assert!(empty.starts_with(&format!("{first}'': ")), "{empty}");
    let inside = run(
        &server,
        "GB('ShardsIDReader').map(lambda r: execute('RG.TRIGGER', 'nobody')).run()",
    );
    assert!(inside.contains(first), "{inside}");
    let script = "return redis.pcall('RG.TRIGGER', 'nobody').err";
    let lua = untyped(&server, &["EVAL", script, "0"]);
    assert!(lua.contains("subcommand not found: "), "{lua}");
}
