//! The ways in which a gear gets its `cmd`.

use super::common::{eventually, master, plain_connection, untyped, with_gears};
use redgrease::prelude::*;
use redgrease::{KeysReader, Options, ShardsIDReader};
use redgrease_embedded::Server;
use tempfile::TempDir;

#[gear_command(mode = "sync")]
fn stored(key: &str, value: &str) -> Option<Vec<u8>> {
    python! {
        cmd.set(key, value)
        return cmd.get(key)
    }
}

#[gear_command]
fn origin() -> (String, String) {
    python! {
        try:
            cmd.lpush("text", 1)
        except cmd.ResponseError as error:
            return type(cmd).__module__, str(error)
    }
}

#[gear_command(requirements = ["redis"])]
fn origin_of_redis_py() -> (String, String) {
    python! {
        try:
            cmd.lpush("text", 1)
        except cmd.ResponseError as error:
            return type(cmd.__dict__["_client"]).__mro__[1].__module__, type(error).__module__
    }
}

#[gear_command]
fn refusal(call: &str) -> String {
    python! {
        try:
            return repr(eval(call))
        except Exception as error:
            return type(error).__name__ + ": " + str(error)
        cmd
    }
}

/// A server that can install nothing, with its directory of packages.
fn without_network() -> (Server, TempDir) {
    let packages = TempDir::new().unwrap();
    let server = Server::builder()
        .python_dir(packages.path())
        .module_arg(
            "PipArguments",
            "--index-url http://127.0.0.1:1/ --retries 0",
        )
        .start()
        .unwrap();
    (server, packages)
}

#[test]
fn a_gear_with_cmd_needs_no_package() {
    let (server, _packages) = without_network();
    let options = Options::new().gears(&[stored::GEAR, origin::GEAR]);
    let (mut con, _) = redgrease::start_with(server.url(), &options).unwrap();
    assert_eq!(stored(&mut con, "text", "x").unwrap().unwrap(), b"x");
    let (module, error) = origin(&mut con).unwrap();
    assert_eq!(module, "redgrease_commands");
    assert!(error.starts_with("WRONGTYPE"), "{error}");
    assert_eq!(untyped(&server, &["RG.PYDUMPREQS"]), "");

    // Redis-py would have to be installed.
    let options = Options::new()
        .gears(&[origin_of_redis_py::GEAR])
        .namespace("other");
    assert!(redgrease::start_with(server.url(), &options).is_err());
}

#[test]
fn redis_py_is_a_choice() {
    let (server, mut con) = with_gears(&[origin_of_redis_py::GEAR]);
    untyped(&server, &["SET", "text", "x"]);
    let (client, error) = origin_of_redis_py(&mut con).unwrap();
    assert_eq!((&*client, &*error), ("redis.client", "redis.exceptions"));

    // It is no choice for the gears of other sessions.
    let options = Options::new().gears(&[origin::GEAR]).namespace("other");
    let (mut con, _) = redgrease::start_with(server.url(), &options).unwrap();
    assert_eq!(origin(&mut con).unwrap().0, "redgrease_commands");
}

#[test]
fn a_chain_with_cmd_needs_no_package() {
    let (server, _packages) = without_network();
    let mut con = redgrease::connect(server.url()).unwrap();
    let chain = ShardsIDReader::new().map(python!(lambda _: cmd.incr("n")));
    let count = chain.clone().typed::<i64>().run_on(&mut con).unwrap();
    assert_eq!(count.values, [1]);
    let run = chain.typed::<i64>().run().start(&mut con).unwrap();
    assert_eq!(run.wait(&mut con).unwrap().values, [2]);
    let registration = KeysReader::new("k:*").foreach(python!(lambda _: cmd.incr("seen")));
    registration.register("k:*").on(&mut con).unwrap();
    untyped(&server, &["SET", "k:1", "x"]);
    eventually("the handler has run", || {
        untyped(&server, &["GET", "seen"]) == "1"
    });
}

#[test]
fn cmd_survives_restarts_and_reaches_replicas() {
    let dir = TempDir::new().unwrap();
    let server = Server::builder().dir(dir.path()).start().unwrap();
    let options = Options::new().gears(&[stored::GEAR]);
    drop(redgrease::start_with(server.url(), &options).unwrap());
    untyped(&server, &["SAVE"]);
    server.kill().unwrap();
    let server = Server::builder().dir(dir.path()).start().unwrap();
    assert_eq!(untyped(&server, &["RG.TRIGGER", "stored", "k", "v"]), "v");

    let (master, port) = master();
    drop(redgrease::start_with(master.url(), &options).unwrap());
    let replica = Server::builder()
        .server_arg("replicaof", format!("127.0.0.1 {port}"))
        .start()
        .unwrap();
    eventually("the replica has the gear", || {
        untyped(&replica, &["RG.DUMPREGISTRATIONS"]).contains("stored")
    });
    untyped(&replica, &["REPLICAOF", "NO", "ONE"]);
    eventually("the gear runs on the former replica", || {
        untyped(&replica, &["RG.TRIGGER", "stored", "k", "v"]) == "v"
    });
}

#[test]
fn a_mistake_in_cmd_says_what_to_do() {
    let (_server, mut con) = with_gears(&[refusal::GEAR]);
    for (call, expected) in [
        (
            "cmd.hgett('h', 'k')",
            "AttributeError: cmd has no method `hgett`, did you mean `hget`?",
        ),
        (
            "cmd.zzzzzzzzz()",
            "AttributeError: cmd has no method `zzzzzzzzz`: `cmd.execute_command(..)`",
        ),
        ("cmd.nosuch", "requirements = [\"redis\"]"),
        (
            "cmd.json()",
            "NotImplementedError: `cmd.json` needs redis-py",
        ),
        (
            "cmd.subscribe('c')",
            "NotImplementedError: SUBSCRIBE changes a connection",
        ),
        ("cmd.blpop('l', 1)", "NotImplementedError: BLPOP waits"),
        (
            "cmd.set('k', None)",
            "DataError: Invalid input of type: 'NoneType'",
        ),
        ("cmd.get()", "TypeError"),
        (
            "cmd.execute_command('GET', 'k', option=1)",
            "TypeError: commands have no options (option)",
        ),
        (
            "setattr(cmd, 'get', 1)",
            "AttributeError: cmd.get cannot be changed",
        ),
        ("setattr(type(cmd), 'get', 1)", "AttributeError"),
        ("hasattr(cmd, '__nope__')", "False"),
        (
            "__import__('pickle').loads(__import__('pickle').dumps(cmd)) is cmd",
            "True",
        ),
        (
            "__import__('pickle').loads(__import__('pickle').dumps(cmd.get))('none')",
            "None",
        ),
        ("__import__('copy').deepcopy(cmd) is cmd", "True"),
        ("repr(cmd), 'get' in dir(cmd)", "('cmd', True)"),
    ] {
        let answer = refusal(&mut con, call).unwrap();
        assert!(answer.contains(expected), "{call}: {answer}");
    }
}

/// A connection to a server that knows no module `redgrease_commands`, as RedisGears.
struct Foreign(redis::Connection);

impl redis::ConnectionLike for Foreign {
    fn req_packed_command(&mut self, cmd: &[u8]) -> redis::RedisResult<redis::Value> {
        let own = b"redgrease_commands";
        let mut cmd = cmd.to_vec();
        for at in 0..cmd.len().saturating_sub(own.len()) {
            if cmd[at..].starts_with(own) {
                cmd[at] = b'x';
            }
        }
        self.0.req_packed_command(&cmd)
    }

    fn req_packed_commands(
        &mut self,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> redis::RedisResult<Vec<redis::Value>> {
        self.0.req_packed_commands(cmd, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.0.get_db()
    }

    fn check_connection(&mut self) -> bool {
        self.0.check_connection()
    }

    fn is_open(&self) -> bool {
        self.0.is_open()
    }
}

#[test]
fn a_server_without_own_commands_gets_redis_py() {
    let server = Server::start().unwrap();
    let mut con = Foreign(plain_connection(&server));
    let chain = ShardsIDReader::new().map(python!(lambda _: type(cmd).__name__));
    let kinds = chain.typed::<String>().run_on(&mut con).unwrap();
    assert_eq!(kinds.values, ["_Cmd"]);

    let options = Options::new().gears(&[stored::GEAR]);
    let report = redgrease::register_all_with(&mut con, &options).unwrap();
    assert_eq!(report.sessions[0].registered, ["stored"]);
    assert!(untyped(&server, &["RG.PYDUMPSESSIONS"]).contains("redis"));
    assert_eq!(stored(&mut con, "k", "v").unwrap().unwrap(), b"v");
    // The session counts as unchanged then.
    let report = redgrease::register_all_with(&mut con, &options).unwrap();
    assert_eq!(report.sessions[0].action, redgrease::Action::UpToDate);

    // Scripts that a program sends itself fail, and say what to do.
    let failed = redis::cmd("RG.PYEXECUTE")
        .arg(
            ShardsIDReader::new()
                .map(python!(lambda _: cmd.ping()))
                .run()
                .to_script(),
        )
        .query::<redis::Value>(&mut con);
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("add the requirement `redis`"), "{error}");
}
