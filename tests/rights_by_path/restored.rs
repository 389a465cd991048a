//! Handlers after a restart, on a promoted replica, and of an upgraded session.

use crate::cases::{CASES, Case, PROBE};
use crate::common::pair::{caught_up, follow};
use crate::common::{eventually, free_port};
use crate::table::{Rights, Row};
use crate::walk::check;
use crate::world::{AUTHOR, CALLER, DEFAULT, World};
use redgrease_embedded::{Builder, Server};
use std::path::Path;

pub(crate) const ROW: &str = "handlers and time events after a restart, or on a promoted replica";
pub(crate) const UPGRADED: &str = "session that another user has upgraded";

/// The registrations and the time event report under numbers of their own.
const SCRIPT: &str = "
def numbered(number):
    def run(*_):
        seen = [attempt(*words) for words in COMMANDS]
        with open('seen', 'a') as f:
            f.write('%s ' % (globals_number() + number) + json.dumps(seen) + '\\n')
        return 'probed'
    return run
def globals_number():
    import os
    return 10 * len([name for name in os.listdir('.') if name.startswith('restart-')])
trigger(numbered(1), 'sync')
on_key('sync', ['set'], numbered(2))
on_key('async_local', ['set'], numbered(3))
on_stream('async_local', numbered(4))
registerTE(1, numbered(5))
registerTE(1, numbered(6), 'app:te')
GB('StreamReader').foreach(numbered(7)).register('app:z*', mode='sync')
";

const HANDLERS: [usize; 6] = [2, 3, 4, 5, 6, 7];
const TRIGGER: usize = 1;

fn cause(world: &World) {
    world.ask(DEFAULT, &["SET", "app:k", "v"]);
    for stream in ["app:s", "app:z"] {
        world.ask(DEFAULT, &["XADD", stream, "*", "a", "b"]);
    }
}

/// The next reports have other numbers.
fn next_round(server: &Server, round: usize) -> usize {
    std::fs::write(server.dir().join(format!("restart-{round}")), "").unwrap();
    10 * round
}

#[track_caller]
fn all_report(world: &World, base: usize, user: &str) {
    for number in HANDLERS {
        eventually(&format!("handler {number} of {base} reports"), || {
            world.report(base + number).is_some()
        });
        let report = world.report(base + number).unwrap();
        check(&format!("handler {number} of {base}"), &report, user);
    }
}

#[track_caller]
fn trigger_reports(world: &World, base: usize) {
    assert_eq!(Row::of("trigger, mode `sync`").rights, Rights::Caller);
    let path = world.server.dir().join("seen");
    for user in [CALLER, DEFAULT] {
        let _ = std::fs::remove_file(&path);
        assert_eq!(world.ask(user, &["RG.TRIGGER", "t"]), "[probed]");
        let number = base + TRIGGER;
        eventually("the trigger reports", || world.report(number).is_some());
        check("trigger", &world.report(number).unwrap(), user);
    }
}

fn with_users_in(dir: &Path) -> Builder {
    let users = dir.join("users.acl");
    if !users.exists() {
        std::fs::write(&users, "").unwrap();
    }
    let server = Server::builder().dir(dir);
    server.server_arg("aclfile", users.display().to_string())
}

#[test]
fn handlers_keep_the_rights_of_their_owner_over_a_restart() {
    for appends in ["no", "yes"] {
        let dir = tempfile::tempdir().unwrap();
        let builder = || {
            let server = with_users_in(dir.path()).server_arg("appendonly", appends);
            server.server_arg("appendfsync", "always")
        };
        let Some(world) = World::of(builder()) else {
            return;
        };
        world.send_script(0, SCRIPT, AUTHOR);
        cause(&world);
        all_report(&world, 0, AUTHOR);
        assert_eq!(world.ask(DEFAULT, &["ACL", "SAVE"]), "OK");
        if appends == "no" {
            assert_eq!(world.ask(DEFAULT, &["SAVE"]), "OK");
        }
        world.server.kill().unwrap();

        let world = World {
            server: builder().start().unwrap(),
        };
        let base = next_round(&world.server, 1);
        cause(&world);
        all_report(&world, base, AUTHOR);
        trigger_reports(&world, base);
    }
}

#[test]
fn a_restored_handler_of_a_user_that_is_gone_has_no_rights() {
    let dir = tempfile::tempdir().unwrap();
    let Some(world) = World::of(with_users_in(dir.path())) else {
        return;
    };
    world.send_script(0, SCRIPT, AUTHOR);
    cause(&world);
    all_report(&world, 0, AUTHOR);
    assert_eq!(world.ask(DEFAULT, &["SAVE"]), "OK");
    world.server.kill().unwrap();
    // The users were not saved.
    let world = World {
        server: with_users_in(dir.path()).start().unwrap(),
    };
    let base = next_round(&world.server, 1);
    cause(&world);
    for number in [5, 6] {
        let report = || world.report(base + number);
        eventually(&format!("handler {number} reports"), || report().is_some());
        let report = report().unwrap();
        assert!(
            report.iter().all(|one| one.contains("NOPERM")),
            "{number}: {report:?}"
        );
    }
    // The records of events are refused, and streams are not read.
    let rows = || world.ask(DEFAULT, &["RG.DUMPREGISTRATIONS"]);
    eventually("the handlers of events fail", || {
        rows().matches("lastError, NOPERM").count() == 2
    });
    eventually("the registrations of streams are paused", || {
        let rows = world.ask(DEFAULT, &["RG.DUMPREGISTRATIONS"]);
        rows.matches("PAUSED").count() == 2
    });
    for number in [2, 3, 4, 7] {
        assert!(world.report(base + number).is_none(), "{number}");
    }
}

#[test]
fn handlers_on_a_promoted_replica_have_the_rights_of_their_owner() {
    let port = free_port();
    let Some(master) = World::of(Server::builder().port(port)) else {
        return;
    };
    let replica = World {
        server: Server::start().unwrap(),
    };
    follow(&replica.server, port.to_string().parse().unwrap());
    // Users are not replicated.
    for user in [AUTHOR, CALLER] {
        replica.make_user(user);
    }
    master.send_script(0, SCRIPT, AUTHOR);
    caught_up(&master.server, &replica.server);
    cause(&master);
    all_report(&master, 0, AUTHOR);
    caught_up(&master.server, &replica.server);
    // Handlers run on the master only; triggers run where they are called.
    trigger_reports(&replica, 0);
    for number in HANDLERS {
        assert!(replica.report(number).is_none(), "{number}");
    }
    assert_eq!(replica.ask(DEFAULT, &["REPLICAOF", "NO", "ONE"]), "OK");
    let base = next_round(&replica.server, 1);
    cause(&replica);
    all_report(&replica, base, AUTHOR);
    trigger_reports(&replica, base);
}

/// The paths on which the owner counts.
fn of_owner() -> impl Iterator<Item = (usize, &'static Case)> {
    let numbered = CASES.iter().enumerate();
    numbered.filter(|(_, case)| {
        Row::of(case.row).rights == Rights::Owner && !case.script.contains("app:te")
    })
}

#[test]
fn an_upgraded_session_has_the_rights_of_the_user_who_upgraded_it() {
    let Some(world) = World::start() else { return };
    assert_eq!(Row::of(UPGRADED).rights, Rights::Owner);
    for (first, second) in [(DEFAULT, AUTHOR), (AUTHOR, DEFAULT)] {
        for (number, case) in of_owner() {
            let id = format!("{first}{number}");
            let send = |number: usize, user: &str, option: &[&str]| {
                let script = PROBE.replace("NUMBER", &number.to_string()) + case.script;
                let words = [&["RG.PYEXECUTE", &script, "ID", &id], option].concat();
                assert_eq!(world.ask(user, &words), "OK", "{}", case.script);
            };
            let old = number + 10_000;
            send(old, first, &[]);
            send(number, second, &["UPGRADE"]);
            world.cause(case, DEFAULT);
            eventually(case.script, || world.report(number).is_some());
            check(case.script, &world.report(number).unwrap(), second);
            assert!(world.report(old).is_none(), "{}", case.script);
            world.clean_up(case);
            std::fs::remove_file(world.server.dir().join("seen")).unwrap();
        }
    }
}
