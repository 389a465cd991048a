//! The part of another shard in a run has a session: with a loop for coroutines, the packages and the rights of the script.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::wheel::make_wheel;
use common::{eventually, plain_connection_to, untyped};
use redgrease_embedded::{Cluster, Server};
use std::path::Path;

/// The lines of a reply.
fn reply(cluster: &Cluster, shard: usize, words: &[&str]) -> Vec<String> {
    let reply = untyped(&cluster.shard(shard), words);
    reply
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The results and errors of a script, in the order of their texts.
fn ran(cluster: &Cluster, shard: usize, script: &str) -> Vec<String> {
    let mut lines = reply(cluster, shard, &["RG.PYEXECUTE", script]);
    lines.sort();
    lines
}

/// A text whose slot belongs to this shard.
fn tag(cluster: &Cluster, shard: usize) -> String {
    let script = "GB('ShardsIDReader').map(lambda x: hashtag()).run(mode='async_local')";
    reply(cluster, shard, &["RG.PYEXECUTE", script]).concat()
}

#[test]
fn coroutines_run_on_every_shard() {
    let cluster = Server::cluster().start().unwrap();
    let script = "
async def later(x):
    await asyncio.sleep(0.01)
    return hashtag()
GB('ShardsIDReader').map(later).run()
";
    let mut expected: Vec<String> = (0..3).map(|shard| tag(&cluster, shard)).collect();
    expected.sort();
    assert_eq!(ran(&cluster, 0, script), expected);
}

#[test]
fn steps_and_records_share_the_classes_of_the_script() {
    let cluster = Server::cluster().start().unwrap();
    let script = "
class Point:
    def __init__(self, x):
        self.x = x
def points(x):
    return [Point('a'), Point('b'), Point('c'), Point('d')]
def is_point(point):
    return '%s %s' % (type(point) is Point, point.x)
GB('ShardsIDReader').flatmap(points).repartition(lambda point: point.x).map(is_point).distinct().run()
";
    let expected = ["True a", "True b", "True c", "True d"];
    for shard in 0..3 {
        assert_eq!(ran(&cluster, shard, script), expected);
    }
}

#[test]
fn a_session_is_seen_on_every_shard_while_its_run_goes_on() {
    let cluster = Server::cluster().start().unwrap();
    let script = "
import time
def wait(x):
    execute('set', 'here{%s}' % hashtag(), getGearsSession().id)
    while not execute('exists', 'go{%s}' % hashtag()):
        time.sleep(0.01)
    return getGearsSession().id
GB('ShardsIDReader').map(wait).run()
";
    let tags = [0, 1, 2].map(|shard| tag(&cluster, shard));
    let words = ["RG.PYEXECUTE", script, "ID", "waits", "UNBLOCKING"];
    let id = reply(&cluster, 0, &words).concat();
    let sessions = |shard| reply(&cluster, shard, &["RG.PYDUMPSESSIONS"]);
    for (shard, tag) in tags.iter().enumerate() {
        let here = format!("here{{{tag}}}");
        eventually("the part runs", || {
            reply(&cluster, shard, &["GET", &here]) == ["waits"]
        });
        let sessions = sessions(shard);
        assert!(
            sessions.contains(&"waits".to_owned()),
            "{shard}: {sessions:?}"
        );
    }
    for (shard, tag) in tags.iter().enumerate() {
        reply(&cluster, shard, &["SET", &format!("go{{{tag}}}"), "1"]);
    }
    eventually("the run ends", || {
        reply(&cluster, 0, &["RG.GETRESULTS", &id]) == ["waits"; 3]
    });
    for shard in 0..3 {
        eventually("no shard has the session", || sessions(shard).is_empty());
    }
}

/// Two servers that find packages in a folder. Each has a directory of its own for what it installs, in its working directory.
fn with_own_packages(folder: &Path) -> Cluster {
    let find = format!("--no-index --find-links={}", folder.display());
    Server::cluster()
        .shards(2)
        .module_arg("PythonInstallationDir", "own-python")
        .module_arg("PipArguments", find)
        .start()
        .unwrap()
}

#[test]
fn every_shard_installs_the_packages_of_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let packages = folder.path().join("packages");
    make_wheel(&packages, "portable", 10);
    let cluster = with_own_packages(&packages);
    let script = "
import portable
def answer(x):
    from portable import answer
    return '%s %s' % (portable.answer, answer)
GB('ShardsIDReader').map(answer).run()
";
    let words = ["RG.PYEXECUTE", script, "REQUIREMENTS", "portable==1.2"];
    assert_eq!(reply(&cluster, 0, &words), ["42 42"; 2]);
    // What is installed is used again.
    assert_eq!(reply(&cluster, 1, &words), ["42 42"; 2]);
}

/// The second server has a file where its packages would have their directory.
#[test]
fn a_package_that_a_shard_cannot_install_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let packages = folder.path().join("packages");
    make_wheel(&packages, "portable", 10);
    let cluster = with_own_packages(&packages);
    std::fs::write(cluster.shard(1).dir().join("own-python"), "").unwrap();
    let script = "GB('ShardsIDReader').map(lambda x: __import__('portable').answer).run()";
    let words = ["RG.PYEXECUTE", script, "REQUIREMENTS", "portable==1.2"];
    let error = reply(&cluster, 0, &words).concat();
    let says = format!(
        "(the run needs portable==1.2) (on the shard {})",
        cluster.shard(1).id()
    );
    assert!(error.ends_with(&says), "{error}");
}

#[test]
fn the_rights_of_the_user_count_on_every_shard() {
    let cluster = Server::cluster().start().unwrap();
    if lacks(&cluster.shard(0), Capability::CommandsAsUser) {
        return;
    }
    for shard in 0..3 {
        let set = ["ACL", "SETUSER", "alice", "on", ">secret", "~*", "+@all"];
        assert_eq!(reply(&cluster, shard, &set), ["OK"]);
    }
    reply(&cluster, 1, &["ACL", "SETUSER", "alice", "-get"]);
    let script =
        "GB('ShardsIDReader').map(lambda x: str(execute('get', 'k{%s}' % hashtag()))).run()";
    let address = cluster
        .shard(0)
        .url()
        .replace("redis://", "redis://alice:secret@");
    let (results, errors): (Vec<String>, Vec<String>) = redis::cmd("RG.PYEXECUTE")
        .arg(script)
        .query(&mut plain_connection_to(&address))
        .unwrap();
    assert_eq!(results, ["None", "None"]);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("no permissions"), "{errors:?}");
}

/// A connection to a shard as the user alice. That user has all rights on all shards.
fn alice_on(cluster: &Cluster, shard: usize) -> redis::Connection {
    for shard in 0..cluster.shards() {
        let set = ["ACL", "SETUSER", "alice", "on", ">secret", "~*", "+@all"];
        assert_eq!(reply(cluster, shard, &set), ["OK"]);
    }
    let url = cluster.shard(shard).url().to_owned();
    plain_connection_to(&url.replace("redis://", "redis://alice:secret@"))
}

/// Users are those of each server.
#[test]
fn a_user_that_a_shard_does_not_let_send_code_runs_none_there() {
    let cluster = Server::cluster().start().unwrap();
    if lacks(&cluster.shard(0), Capability::CommandsAsUser) {
        return;
    }
    let mut alice = alice_on(&cluster, 0);
    let shard = format!("(on the shard {})", cluster.shard(1).id());
    let bad = [
        (
            &["SETUSER", "alice", "-rg.pyexecute"][..],
            "no right to RG.PYEXECUTE",
        ),
        (&["SETUSER", "alice", "+@all", "off"][..], "is switched off"),
        (&["DELUSER", "alice"][..], "the user 'alice' does not exist"),
    ];
    let ran = "ran{%s}' % hashtag()";
    let run = format!("GB('ShardsIDReader').map(lambda x: execute('set', '{ran}, 1)).run()");
    let register = "GB('CommandReader').map(lambda x: 1).register(trigger='alices')";
    let mut send = |words: &[&str]| -> String {
        let command = redis::cmd("RG.PYEXECUTE").arg(words).to_owned();
        let reply: redis::RedisResult<redis::Value> = command.query(&mut alice);
        reply.map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
    };
    for (acl, why) in bad {
        let words: Vec<&str> = ["ACL"].iter().chain(acl).copied().collect();
        reply(&cluster, 1, &words);
        for script in [&run, register] {
            let refused = send(&[script]);
            let is_told = refused.contains(why) && refused.contains(cluster.shard(1).id());
            assert!(is_told, "{words:?}: {refused}");
        }
        assert!(send(&[&run]).contains(&shard), "{words:?}");
        let key = format!("ran{{{}}}", tag(&cluster, 1));
        assert_eq!(reply(&cluster, 1, &["EXISTS", &key]), ["0"], "{words:?}");
        assert_eq!(reply(&cluster, 2, &["RG.DUMPREGISTRATIONS"]).len(), 0);
    }
    drop(alice_on(&cluster, 0));
    let ran = send(&[&run]);
    assert_eq!(ran.matches("OK").count(), 3, "{ran}");
    let registered = send(&[register]);
    assert!(registered.to_lowercase().contains("ok"), "{registered}");
}

/// What is registered was accepted by all shards: later, the rights of the caller count.
#[test]
fn a_registered_gear_runs_on_all_shards_for_users_who_may_not_send_code() {
    let cluster = Server::cluster().start().unwrap();
    if lacks(&cluster.shard(0), Capability::CommandsAsUser) {
        return;
    }
    let script = "GB('CommandReader').map(lambda x: hashtag()).register(trigger='tags')";
    assert_eq!(reply(&cluster, 0, &["RG.PYEXECUTE", script]), ["OK"]);
    let mut alice = alice_on(&cluster, 0);
    for shard in 0..3 {
        reply(
            &cluster,
            shard,
            &["ACL", "SETUSER", "alice", "-rg.pyexecute"],
        );
    }
    let mut call = || -> redis::RedisResult<Vec<String>> {
        redis::cmd("RG.TRIGGER").arg("tags").query(&mut alice)
    };
    assert_eq!(call().unwrap().len(), 3);
    reply(&cluster, 2, &["ACL", "SETUSER", "alice", "off"]);
    let refused = call().unwrap_err().to_string();
    assert!(refused.contains("is switched off"), "{refused}");
}

/// The first shard cannot send the plan, so it waits for no other one. `run()` notices a lock, and lets a metaclass pass.
#[test]
fn a_function_that_cannot_be_sent_ends_the_run() {
    let cluster = Server::cluster().shards(2).start().unwrap();
    let lock = "
import threading
lock = threading.Lock()
GB('ShardsIDReader').map(lambda x: lock).run()
";
    let metaclass = "
class Meta(type):
    pass
class Mine(metaclass=Meta):
    pass
GB('ShardsIDReader').map(lambda x: Mine).run()
";
    for (script, why) in [(lock, "_thread.lock"), (metaclass, "its metaclass is Meta")] {
        let error = reply(&cluster, 0, &["RG.PYEXECUTE", script]).concat();
        let says = "Error occured when serialized a python callback, callback=<lambda> error=";
        assert!(error.contains(says) && error.contains(why), "{error}");
    }
}

/// Reads a function forever on each shard that gets it: it refers to an object that is made by a loop.
const ENDLESS: &str = "
def endless():
    while True:
        pass
class Endless:
    def __reduce__(self):
        return endless, ()
it = Endless()
GB('ShardsIDReader').map(lambda x: it and x).run()
";

#[test]
fn reading_a_plan_has_the_limit_of_scripts() {
    let cluster = Server::cluster()
        .shards(2)
        .module_arg("ScriptMaxTime", "500")
        .start()
        .unwrap();
    let error = reply(&cluster, 0, &["RG.PYEXECUTE", ENDLESS]).concat();
    let says =
        "ERR the run was stopped: the script was stopped: it ran longer than ScriptMaxTime, 500 ms";
    assert!(error.starts_with(says), "{error}");
    let shard = format!("(on the shard {})", cluster.shard(1).id());
    assert!(error.ends_with(&shard), "{error}");
}

#[test]
fn an_abort_ends_the_reading_of_a_plan() {
    let cluster = Server::cluster().shards(2).start().unwrap();
    let scripts = || untyped(&cluster.shard(1), &["INFO", "everything"]);
    let is_idle = || scripts().contains("running_scripts:0");
    assert!(is_idle(), "{}", scripts());
    let id = reply(&cluster, 0, &["RG.PYEXECUTE", ENDLESS, "UNBLOCKING"]).concat();
    eventually("the other shard reads the plan", || !is_idle());
    assert_eq!(reply(&cluster, 0, &["RG.ABORTEXECUTION", &id]), ["OK"]);
    eventually("the other shard is idle", is_idle);
}

/// The parts of a registered function run the functions that each shard has made when it got the session.
#[test]
fn parts_share_the_variables_of_their_script_with_the_other_gears_of_the_shard() {
    let cluster = Server::cluster().start().unwrap();
    let script = "
seen = []
def see(x):
    seen.append(x)
    return len(seen)
GB('CommandReader').map(see).register(trigger='see')
GB('CommandReader').map(lambda x: len(seen)).register(trigger='seen', mode='sync')
";
    assert_eq!(reply(&cluster, 0, &["RG.PYEXECUTE", script]), ["OK"]);
    assert_eq!(reply(&cluster, 0, &["RG.TRIGGER", "see"]), ["1"; 3]);
    assert_eq!(reply(&cluster, 2, &["RG.TRIGGER", "see"]), ["2"; 3]);
    for shard in 0..3 {
        assert_eq!(
            reply(&cluster, shard, &["RG.TRIGGER", "seen"]),
            ["2"],
            "{shard}"
        );
    }
}
