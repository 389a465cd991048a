//! The engine's own commands run for nobody who types them.

use crate::wire::Wire;
use crate::{HOOKS, server, set_user};
use redgrease_embedded::Server;

const OWN: [&str; 5] = [
    "RG.INNERHOOK",
    "RG.INNERHOOKREAD",
    "rg.innerhookkeyless",
    "rg.innerhookwrite",
    "RG.InnerHookGrow",
];

/// Every way in which a client, script or gear could type such a command.
fn is_refused(server: &Server, wire: &mut Wire, own: &str) {
    let typed = [
        "SET k typed",
        "DEL k",
        "GET k",
        "CONFIG SET maxmemory 1",
        "FLUSHALL",
        "RG.PYEXECUTE execute('SET','k','typed')",
    ];
    for words in typed {
        let all = format!("{own} {words}");
        let is_error = |answer: String| {
            assert!(
                answer.starts_with("-ERR")
                    || answer.starts_with("-NOPERM")
                    || answer.contains("this command is the engine's own"),
                "{all}: {answer}: {}",
                server.program().display()
            );
        };
        is_error(wire.say(&all));
        is_error(wire.say(&format!("{own} {all}")));
        let script: Vec<&str> = ["EVAL", "return redis.call(unpack(ARGV))", "0"]
            .into_iter()
            .chain(all.split(' '))
            .collect();
        is_error(wire.ask(&script));
        assert_eq!(wire.say("MULTI"), "OK");
        wire.say(&all);
        is_error(wire.say("EXEC").replace('[', ""));
        is_error(wire.say(&format!("RG.TRIGGER run {all}")));
        is_error(wire.say(&format!("RG.TRIGGER later {all}")));
    }
}

const RUNS: &str = "
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='run', mode='sync')
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='later', mode='async_local')
";

#[test]
fn typed_commands_run_nothing() {
    for (hooks, as_owner) in [(false, false), (true, false), (true, true)] {
        let hooks = if hooks { HOOKS } else { "" }.replace("MODE", "sync");
        let Some(server) = server(&format!("{hooks}\n{RUNS}"), as_owner) else {
            return;
        };
        let mut admin = Wire::new(&server);
        admin.say("SET k v");
        set_user(&server, "lim", "+@all -@admin -@dangerous ~app:*");
        set_user(&server, "few", "+multi +exec +eval +rg.trigger ~*");
        for own in OWN {
            is_refused(&server, &mut Wire::new(&server), own);
            is_refused(&server, &mut Wire::of(&server, "lim"), own);
            is_refused(&server, &mut Wire::of(&server, "few"), own);
            assert_eq!(admin.say("GET k"), "v", "{own}");
        }
        assert_eq!(admin.say("CONFIG GET maxmemory"), "[maxmemory, 0]");
    }
}

/// The filter sees commands from the first hook on. A command that was queued before may not pass for one of the filter.
#[test]
fn a_command_that_was_typed_before_the_first_hook_runs_nothing() {
    let Some(server) = server(RUNS, false) else {
        return;
    };
    let mut wire = Wire::new(&server);
    for own in OWN {
        assert_eq!(wire.say("MULTI"), "OK");
        assert_eq!(wire.say(&format!("{own} SET k typed")), "QUEUED");
        let hooks = HOOKS.replace("MODE", "sync");
        Wire::new(&server).ask(&["RG.PYEXECUTE", &hooks]);
        let answer = wire.say("EXEC");
        assert!(answer.contains("the engine's own"), "{answer}");
        assert_eq!(wire.say("EXISTS k"), "0");
    }
}

/// The server asks such a command for its keys, and the command asks the server for those of the words behind its name.
#[test]
fn a_command_inside_of_itself_does_not_end_the_server() {
    let Some(server) = server(&HOOKS.replace("MODE", "sync"), false) else {
        return;
    };
    set_user(&server, "lim", "+@all ~app:*");
    for own in OWN {
        let mut words = vec![own; 100_000];
        words.extend(["SET", "k", "v"]);
        for mut wire in [Wire::new(&server), Wire::of(&server, "lim")] {
            let answer = wire.ask(&words);
            assert!(answer.contains("the engine's own"), "{answer}");
            let keys: Vec<&str> = ["COMMAND", "GETKEYS"]
                .into_iter()
                .chain(words.iter().copied())
                .collect();
            assert!(wire.ask(&keys).starts_with("-ERR"));
        }
    }
}
