//! Commands, methods of `cmd` and other names of the server.

use super::{body, clean, findings, one};
use crate::{Source, examine};

#[test]
fn methods_of_cmd() {
    one(
        "return cmd.hgett(url, \"f\")",
        "\"hgett\" -> `cmd` has no method `hgett`: did you mean `hget`?",
    );
    one(
        "return cmd.frobnicate(url)",
        "\"frobnicate\" -> `cmd` has no method `frobnicate`: write `cmd.execute_command(\"..\")` for a command without a method",
    );
    // A method that is handed on without a call.
    one(
        "return list(map(cmd.gett, [url]))",
        "\"gett\" -> `cmd` has no method `gett`: did you mean `get`?",
    );
    one(
        "return (lambda: cmd.seet(url, 1))()",
        "\"seet\" -> `cmd` has no method `seet`: did you mean `set`?",
    );
    one(
        "return cmd.xgroup(\"CREATE\", url)",
        "\"xgroup\" -> `cmd` has no method `xgroup`: write `cmd.execute_command(\"XGROUP\", ..)`",
    );
    one(
        "return cmd.object_encoding(url)",
        "\"object_encoding\" -> `cmd` has no method `object_encoding`: write `cmd.execute_command(\"OBJECT ENCODING\", ..)`",
    );
    for (call, hint) in [
        ("cmd.Get(url)", "did you mean `get`?"),
        ("cmd.HGETALL(url)", "did you mean `hgetall`?"),
        ("cmd.hgetAll(url)", "did you mean `hgetall`?"),
        ("cmd.setEx(url, 1, 2)", "did you mean `setex`?"),
        ("cmd.configGet(url)", "did you mean `config_get`?"),
        ("cmd.getAll(url)", "did you mean `hgetall`?"),
        ("cmd.getall(url)", "did you mean `hgetall`?"),
        ("cmd.members(url)", "did you mean `smembers`?"),
        ("cmd.add(url)", "did you mean `sadd`, `xadd` or `zadd`?"),
        ("cmd.HGETT(url, 1)", "did you mean `hget`?"),
        (
            "cmd.XGROUP(url)",
            "write `cmd.execute_command(\"XGROUP\", ..)`",
        ),
        (
            "cmd.Frobnicate(url)",
            "write `cmd.execute_command(\"..\")` for a command without a method",
        ),
    ] {
        let method = call[4..].split('(').next().unwrap();
        one(
            call,
            &format!("{method:?} -> `cmd` has no method `{method}`: {hint}"),
        );
    }
    clean("return cmd.get(url), cmd.json, cmd.lcs(url, \"b\"), cmd.ft(\"i\"), cmd.xadd(url, {})");
    clean("try:\n    cmd.get(url)\nexcept cmd.ResponseError:\n    pass");
}

/// The messages for a gear with these requirements.
pub(super) fn with(requirements: &[&str], text: &str) -> Vec<String> {
    let text = body(text);
    let source = Source::body("gear", &["url"], &text).requirements(requirements);
    let findings = examine(&source).findings;
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn methods_of_redis_py_need_the_requirement() {
    let findings = |requirements: &[&str]| with(requirements, "return cmd.json().get(url)");
    assert_eq!(
        findings(&[]),
        [
            "`cmd.json` is a method of redis-py, which this gear does not require: add `requirements = [\"redis\"]`, or write `cmd.execute_command(\"..\")`"
        ]
    );
    assert_eq!(findings(&["redis"]), [""; 0]);
    assert_eq!(findings(&["redis>=5"]), [""; 0]);
    assert_eq!(findings(&["our-own-package"]), [""; 0]);
}

#[test]
fn the_client_of_the_engine_has_its_own_arguments() {
    for (call, expected) in [
        (
            "cmd.publish(\"a\", \"b\", zzzz=1)",
            "`cmd.publish` has no argument `zzzz`: write `cmd.publish(channel, message)`",
        ),
        (
            "cmd.info(sectoin=\"memory\")",
            "`cmd.info` has no argument `sectoin`: did you mean `section`?",
        ),
        (
            "cmd.keys(match=\"*\")",
            "`cmd.keys` has no argument `match`: write `pattern`",
        ),
        (
            "cmd.scan(0, cuont=5)",
            "`cmd.scan` has no argument `cuont`: did you mean `count`?",
        ),
        (
            "cmd.ping(message=url)",
            "`cmd.ping` has no argument `message`: write `cmd.ping()`",
        ),
        (
            "cmd.config_get(name=url)",
            "`cmd.config_get` has no argument `name`: write `pattern`",
        ),
        (
            "cmd.flushdb(asinchronous=True)",
            "`cmd.flushdb` has no argument `asinchronous`: did you mean `asynchronous`?",
        ),
        (
            "cmd.xpending(url)",
            "`cmd.xpending` is called without `groupname`: write `cmd.xpending(name, groupname)`",
        ),
        (
            "cmd.object(\"encoding\", url, 1)",
            "`cmd.object` takes at most 2 arguments, not 3: write `cmd.object(infotype, key)`",
        ),
        (
            "cmd.tdigst()",
            "`cmd` has no method `tdigst`: write `cmd.execute_command(\"..\")` for a command without a method",
        ),
    ] {
        assert_eq!(with(&[], call), [expected], "{call}");
        assert_eq!(with(&["numpy"], call), [expected], "{call}");
    }
    for call in [
        "cmd.publish(\"a\", \"b\", zzzz=1)",
        "cmd.ping(message=url)",
        "cmd.scan(0, cuont=5)",
    ] {
        assert_eq!(with(&["redis"], call), [""; 0], "{call}");
        assert_eq!(with(&["our-own-package"], call), [""; 0], "{call}");
        clean(call);
    }
    for fine in [
        "cmd.scan(0, match=url, count=5, _type=\"hash\")",
        "cmd.scan(cursor=0)",
        "cmd.keys()",
        "cmd.info(\"memory\")",
        "cmd.hexpire(url, 5, \"a\", nx=True)",
        "cmd.execute_command(\"GET\", url, keys=[url])",
        "cmd.client_list(client_id=(1, 2))",
        "cmd.lmpop(1, url, direction=\"LEFT\")",
    ] {
        assert_eq!(with(&[], fine), [""; 0], "{fine}");
    }
}

#[test]
fn places_of_geoadd() {
    let three = "`cmd.geoadd` takes a longitude, a latitude and a name for each place: write `cmd.geoadd(name, [longitude, latitude, \"place\"])`";
    let list = "`cmd.geoadd` takes a list of values: write `cmd.geoadd(name, [longitude, latitude, \"place\"])`";
    for (call, expected) in [
        ("cmd.geoadd(url, [1.0, 2.0])", three),
        ("cmd.geoadd(url, (1.0, 2.0, \"x\", 3.0))", three),
        ("cmd.geoadd(url, values=[1.0])", three),
        ("cmd.geoadd(url, [], nx=True)", three),
        ("cmd.geoadd(url, 1.0, 2.0)", list),
    ] {
        for requirements in [&[][..], &["redis"]] {
            assert_eq!(with(requirements, call), [expected], "{call}");
        }
    }
    assert_eq!(with(&[], "cmd.geoadd(url, 1.0, 2.0, \"x\")"), [list]);
    for fine in [
        "cmd.geoadd(url, [1.0, 2.0, \"x\"], nx=True)",
        "cmd.geoadd(url, (1.0, 2.0, \"x\"))",
        "cmd.geoadd(url, url)",
        "cmd.geoadd(url, [*url, 1])",
        "cmd.geoadd(*url)",
        "cmd.geoadd(url, values=url)",
    ] {
        assert_eq!(with(&[], fine), [""; 0], "{fine}");
        assert_eq!(with(&["redis"], fine), [""; 0], "{fine}");
    }
    let one_by_one = "cmd.geoadd(url, 1.0, 2.0, \"x\")";
    assert_eq!(with(&["redis"], one_by_one), [""; 0]);
}

#[test]
fn one_mistake_has_one_message() {
    for call in [
        "cmd.auth()",
        "cmd.lock()",
        "cmd.lock(a=1, b=2)",
        "cmd.client_setname()",
        "cmd.select(1, 2, 3)",
        "cmd.blpop()",
        "cmd.set(name=url, name=url)",
        "cmd.set(url, 1, ex=1, ex=2, exx=3)",
        "cmd.hgett()",
    ] {
        for requirements in [&[][..], &["redis"]] {
            assert_eq!(with(requirements, call).len(), 1, "{call}");
        }
        assert_eq!(findings(call).len(), 1, "{call}");
    }
    assert_eq!(with(&[], "cmd.acl_getuser()").len(), 1);
}

#[test]
fn the_number_of_arguments() {
    for (call, expected) in [
        ("cmd.acl_cat(1, 2)", "takes at most 1 argument, not 2"),
        ("cmd.flushdb(1, 2)", "takes at most 1 argument, not 2"),
        ("cmd.get(1, 2)", "takes 1 argument, not 2"),
        ("cmd.dbsize(1)", "takes no arguments"),
        ("cmd.rpop(1, 2, 3)", "takes at most 2 arguments, not 3"),
    ] {
        let found = findings(call);
        assert!(found[0].contains(expected), "{found:?}");
    }
}

#[test]
fn arguments_of_methods() {
    one(
        "cmd.set(url)",
        "\"set\" -> `cmd.set` is called without `value`: write `cmd.set(name, value, ..)`",
    );
    one(
        "cmd.set(url, ex=5)",
        "\"set\" -> `cmd.set` is called without `value`: write `cmd.set(name, value, ..)`",
    );
    one(
        "cmd.hset(url)",
        "\"hset\" -> `cmd.hset` is called without a value: write `cmd.hset(name, \"field\", 1)` or `cmd.hset(name, mapping={\"field\": 1})`",
    );
    one(
        "cmd.get()",
        "\"get\" -> `cmd.get` is called without `name`: write `cmd.get(name)`",
    );
    one(
        "cmd.get(url, 1)",
        "\"get\" -> `cmd.get` takes 1 argument, not 2: write `cmd.get(name)`",
    );
    one(
        "cmd.set(url, 1, exx=5)",
        "\"exx\" -> `cmd.set` has no argument `exx`: did you mean `ex`?",
    );
    one(
        "cmd.sadd(url)",
        "\"sadd\" -> `cmd.sadd` is called without a value: write `cmd.sadd(name, ..)`",
    );
    one(
        "cmd.incrby(url, by=3)",
        "\"by\" -> `cmd.incrby` has no argument `by`: write `amount`",
    );
    one(
        "cmd.zrank(url, 1, scores=True)",
        "\"scores\" -> `cmd.zrank` has no argument `scores`: write `withscore` or `score_cast_func`",
    );
    one(
        "cmd.get(url, default=3)",
        "\"default\" -> `cmd.get` has no argument `default`: write `cmd.get(name)`",
    );
    for fine in [
        "cmd.set(url, 1, ex=5, nx=True)",
        "cmd.set(name=url, value=1)",
        "cmd.set(*[url, 1])",
        "cmd.set(url, **{\"value\": 1})",
        "cmd.hset(url, \"f\", 1)",
        "cmd.hset(url, mapping={\"f\": 1})",
        "cmd.hset(url, items=[\"f\", 1])",
        "cmd.delete(url, \"b\", \"c\")",
        "cmd.zadd(url, {\"a\": 1}, incr=True)",
        "cmd.expire(url, 5)",
        "cmd.xadd(url, {\"a\": 1}, maxlen=5, approximate=False)",
        "cmd.eval(\"return 1\", 0)",
        "cmd.scan_iter()",
        "cmd.mget([url])",
    ] {
        clean(fine);
    }
}

#[test]
fn methods_that_gears_cannot_use() {
    one(
        "cmd.pipeline()",
        "\"pipeline\" -> `cmd.pipeline` needs a connection, and a gear has none: call one command after the other, inside `with atomic():` if nothing may come between",
    );
    one(
        "cmd.select(1)",
        "\"select\" -> `cmd.select` changes the database of a connection, and a gear works on database 0: let a client copy or move the keys with COPY or MOVE",
    );
    one(
        "cmd.client_setname(url)",
        "\"client_setname\" -> `cmd.client_setname` changes a connection, and a gear has none: let the client run it",
    );
    clean("return cmd.client_list(), cmd.client_kill(\"a\"), cmd.client_id()");
}

#[test]
fn an_object_of_the_gear_is_not_that_of_the_server() {
    for fine in [
        "cmd = url\ncmd.hgett()",
        "def f(cmd):\n    return cmd.hgett()\nreturn f(url)",
        "for cmd in url:\n    cmd.set()",
        "import shlex as cmd\ncmd.hgett()",
        "def execute(x):\n    return x\nreturn execute(\"HGETT\")",
        "log = print\nlog(url, \"nothing\")",
        "return getattr(cmd, url)(), url.cmd.hgett()",
        "def atomic():\n    pass\natomic()",
    ] {
        clean(fine);
    }
    one(
        "from redgrease import cmd\nreturn cmd.hgett(url)",
        "\"hgett\" -> `cmd` has no method `hgett`: did you mean `hget`?",
    );
}

#[test]
fn names_of_commands() {
    for (call, expected) in [
        (
            "execute(\"HGETT\", url, \"f\")",
            "\"\\\"HGETT\\\"\" -> Redis has no command `HGETT`: did you mean `HGET`?",
        ),
        (
            "execute(\"FROBNICATE\", url)",
            "\"\\\"FROBNICATE\\\"\" -> Redis has no command `FROBNICATE`: correct the name; if a module of the server has it, end the line with `# redgrease: allow(unknown-command)`",
        ),
        (
            "cmd.execute_command(\"HGETT\", url)",
            "\"\\\"HGETT\\\"\" -> Redis has no command `HGETT`: did you mean `HGET`?",
        ),
        (
            "execute(\"CLIENT LIST\")",
            "\"\\\"CLIENT LIST\\\"\" -> `execute` takes \"CLIENT LIST\" as the name of one command: write `execute(\"CLIENT\", \"LIST\")`",
        ),
        (
            "execute(\"GET\")",
            "\"\\\"GET\\\"\" -> the command GET takes 1 argument, not 0: write the words of the command as Redis documents them",
        ),
        (
            "execute(\"set\", url)",
            "\"\\\"set\\\"\" -> the command SET takes at least 2 arguments, not 1: write the words of the command as Redis documents them",
        ),
        (
            "execute(\"DBSIZE\", url)",
            "\"\\\"DBSIZE\\\"\" -> the command DBSIZE takes no argument, not 1: write the words of the command as Redis documents them",
        ),
        (
            "execute(\"MULTI\")",
            "\"\\\"MULTI\\\"\" -> the command MULTI belongs to a transaction of a connection, and a gear has no connection: run the commands inside `with atomic():`",
        ),
        (
            "execute(\"client\", \"setname\", url)",
            "\"\\\"client\\\"\" -> the command CLIENT SETNAME changes a connection, and a gear has none: let the client run it",
        ),
    ] {
        one(call, expected);
    }
    for fine in [
        "execute(\"GET\", url)",
        "execute(\"get\", url)",
        "execute(\"JSON.GET\", url)",
        "execute(\"RG.TRIGGER\", url)",
        "execute(\"CLIENT\", \"LIST\")",
        "execute(\"GET\", *url)",
        "execute(*url)",
        "execute(url)",
        "execute(f\"{url}\")",
        "execute(\"HSET\", url, \"f\", 1)",
        "cmd.execute_command(\"CLIENT LIST\")",
        "cmd.execute_command(\"OBJECT ENCODING\", url)",
        "cmd.execute_command(\"GET\", url, keys=[url])",
        "execute(\"VADD\", url)",
        "execute(\"client\", \"list\")",
        "execute(\"CLIENT\", \"NO-TOUCH\" if url else \"LIST\")",
        "execute(\"OBJECT\", url, url)",
        "execute(\"DEBUG\", \"ANYTHING\")",
        "execute(\"SET\", \"key\", 1)",
        "cmd.execute_command(\"XINFO STREAM\", url)",
        "cmd.execute_command(\"XINFO\", \"STREAM\", url)",
        "cmd.execute_command(b\"GET\", url)",
        "execute(*[\"GET\", url])",
        "execute(**url)",
    ] {
        clean(fine);
    }
}

#[test]
fn levels_of_the_log() {
    one(
        "log(url, level=\"warn\")",
        "\"\\\"warn\\\"\" -> \"warn\" is not a level of the server's log: write `\"debug\"`, `\"verbose\"`, `\"notice\"`, `\"warning\"`",
    );
    one(
        "log(url, \"warnin\")",
        "\"\\\"warnin\\\"\" -> \"warnin\" is not a level of the server's log: did you mean `\"warning\"`?",
    );
    one(
        "log(url, level=\"WARNING\")",
        "\"\\\"WARNING\\\"\" -> \"WARNING\" is not a level of the server's log: did you mean `\"warning\"`?",
    );
    clean(
        "log(url)\nlog(url, \"warning\")\nlog(\"debug\", \"two\")\nlog(url, url)\nlog(url, level=url)\nlog(\"a\", level=\"notice\")",
    );
}

#[test]
fn atomic_needs_with() {
    one(
        "atomic()\ncmd.get(url)",
        "\"atomic()\" -> `atomic()` alone does nothing: write `with atomic():`",
    );
    clean("with atomic():\n    cmd.get(url)");
    clean("lock = atomic()\nwith lock:\n    pass");
}

#[test]
fn comments_allow() {
    for fine in [
        "execute(\"FROBNICATE\")  # redgrease: allow(unknown-command)",
        "# redgrease: allow(unknown-method)\ncmd.frobnicate(url)",
        "cmd.set(url)  # redgrease: allow(method-arguments, unknown-command)",
        "execute(\"GET\")  # redgrease: allow(command-arguments)",
        "execute()  # redgrease: allow(no-command)",
        "execute(\"CLIENT\", \"NEW\")  # redgrease: allow(unknown-command)",
        "execute(\"CLIENT LIST\")  # redgrease: allow(words-in-one-string)",
        "execute(\"MULTI\")  # redgrease: allow(refused-command)",
        "cmd.pipeline()  # redgrease: allow(refused-method)",
        "cmd.blpop(url, 1)  # redgrease: allow(blocking-command)",
        "log(url, \"x\")  # redgrease: allow(log-level)",
        "atomic()  # redgrease: allow(atomic-alone)",
        "import numpy  # redgrease: allow(unknown-import)",
        "from . import x  # redgrease: allow(relative-import)",
    ] {
        clean(fine);
    }
    assert_eq!(
        findings("execute(\"FROBNICATE\")  # redgrease: allow(unknown-method)").len(),
        1
    );
}

#[test]
fn comments_with_a_typing_error() {
    assert_eq!(
        findings("cmd.frobnicate()  # redgrease: alow(unknown-method)"),
        [
            "\"frobnicate\" -> `cmd` has no method `frobnicate`: write `cmd.execute_command(\"..\")` for a command without a method",
            "\"# redgrease: alow(unknown-method)\" -> this comment allows nothing: did you mean `# redgrease: allow(unknown-method)`?",
        ]
    );
    one(
        "x = 1  # redgrease: allow(unknown-methods)",
        "\"# redgrease: allow(unknown-methods)\" -> a comment cannot allow `unknown-methods`: did you mean `unknown-method`?",
    );
    clean("cmd.frobnicate()  # redgrease:allow(unknown-method)");
    clean("return \"# redgrease: alow(unknown-method)\"");
}

#[test]
fn code_that_asks_for_a_method() {
    for fine in [
        "try:\n    cmd.hgett()\nexcept AttributeError:\n    pass",
        "try:\n    x = cmd.hgett(url)\nexcept (KeyError, AttributeError) as error:\n    x = error",
        "return hasattr(cmd, \"hgett\") and cmd.hgett()",
        "return cmd.hgett() if hasattr(cmd, \"hgett\") else 1",
        "if hasattr(cmd, \"hgett\"):\n    cmd.hgett()",
        "if not hasattr(cmd, \"hgett\"):\n    return 1\ncmd.hgett()",
        "if getattr(cmd, \"hgett\", None):\n    cmd.hgett()",
        "if hasattr(cmd, \"pipeline\"):\n    cmd.pipeline()",
        "try:\n    cmd.set(url)\nexcept TypeError:\n    pass",
    ] {
        clean(fine);
        assert_eq!(with(&[], fine), [""; 0], "{fine}");
    }
    for wrong in [
        "try:\n    cmd.hgett()\nexcept ValueError:\n    pass",
        "try:\n    cmd.hgett()\nexcept Exception:\n    pass",
        "try:\n    pass\nexcept AttributeError:\n    cmd.hgett()",
        "try:\n    cmd.set(url)\nexcept AttributeError:\n    pass",
        "try:\n    cmd.hgett()\nexcept TypeError:\n    pass",
        "if hasattr(cmd, \"hget\"):\n    cmd.hgett()",
        "if hasattr(url, \"hgett\"):\n    cmd.hgett()",
        "return getattr(cmd, \"hget\"), cmd.hgett()",
    ] {
        assert_eq!(findings(wrong).len(), 1, "{wrong}");
    }
    assert_eq!(
        with(
            &[],
            "try:\n    cmd.json()\nexcept AttributeError:\n    pass"
        ),
        [""; 0]
    );
}

#[test]
fn subcommands() {
    for (call, place, command, hint) in [
        (
            "execute(\"CLIENT\", \"LISTT\")",
            "CLIENT",
            "CLIENT LISTT",
            "did you mean `CLIENT LIST`?",
        ),
        (
            "execute(\"config\", \"gett\", url)",
            "config",
            "CONFIG gett",
            "did you mean `CONFIG GET`?",
        ),
        (
            "cmd.execute_command(\"XINFO STREAMS\", url)",
            "XINFO STREAMS",
            "XINFO STREAMS",
            "did you mean `XINFO STREAM`?",
        ),
        (
            "cmd.execute_command(\"XINFO\", \"STREAMS\", url)",
            "XINFO",
            "XINFO STREAMS",
            "did you mean `XINFO STREAM`?",
        ),
        (
            "execute(\"CLIENT\", \"FROBNICATE\")",
            "CLIENT",
            "CLIENT FROBNICATE",
            "correct the name; if a module of the server has it, end the line with `# redgrease: allow(unknown-command)`",
        ),
    ] {
        one(
            call,
            &format!("\"\\\"{place}\\\"\" -> Redis has no command `{command}`: {hint}"),
        );
    }
    // A refused subcommand has its own message.
    one(
        "cmd.execute_command(\"CLIENT\", \"SETNAME\", url)",
        "\"\\\"CLIENT\\\"\" -> the command CLIENT SETNAME changes a connection, and a gear has none: let the client run it",
    );
    // `GET` has no subcommands.
    one(
        "cmd.get_packed_command()",
        "\"get_packed_command\" -> `cmd` has no method `get_packed_command`: write `cmd.execute_command(\"..\")` for a command without a method",
    );
}

#[test]
fn calls_without_a_command() {
    for (call, place, found) in [
        ("execute()", "execute()", "is called without a command"),
        (
            "execute(key=1)",
            "execute(key=1)",
            "is called without a command",
        ),
        (
            "execute(\"\")",
            "\\\"\\\"",
            "begins with the name of a command, not with an empty text",
        ),
        (
            "execute(\"  \", url)",
            "\\\"  \\\"",
            "begins with the name of a command, not with an empty text",
        ),
        (
            "execute(123)",
            "123",
            "begins with the name of a command, not with a number",
        ),
        (
            "execute(None)",
            "None",
            "begins with the name of a command, not with `None`",
        ),
        (
            "execute(True)",
            "True",
            "begins with the name of a command, not with a `bool`",
        ),
        (
            "execute([\"GET\", url])",
            "[\\\"GET\\\", url]",
            "begins with the name of a command, not with a list",
        ),
        (
            "execute(b\"GET\", url)",
            "b\\\"GET\\\"",
            "begins with the name of a command, not with bytes",
        ),
    ] {
        one(
            call,
            &format!(
                "\"{place}\" -> `execute` {found}: write the words of a command, such as `execute(\"GET\", key)`"
            ),
        );
    }
    for call in [
        "cmd.execute_command()",
        "cmd.execute_command(\"\")",
        "cmd.execute_command(None)",
        "cmd.execute_command(1)",
        "cmd.execute_command((\"GET\", url))",
    ] {
        let found = findings(call);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].ends_with("such as `cmd.execute_command(\"GET\", key)`"),
            "{found:?}"
        );
    }
}

#[test]
fn objects_of_the_server_under_another_name() {
    for wrong in [
        "c = cmd\nc.hgett()",
        "c = cmd\nc.set(url)",
        "a = b = cmd\nb.hgett()",
        "c: object = cmd\nc.hgett()",
        "def f():\n    return c.hgett()\nc = cmd\nreturn f()",
        "def f():\n    c = cmd\n    return c.hgett()\nreturn f()",
        "if url:\n    c = cmd\n    c.hgett()",
        "c = cmd\nc.blpop(url)",
        "c = cmd\nawait c.get(url)",
        "run = execute\nrun(\"HGETT\")",
        "run = execute\nrun(\"BLPOP\", url, 0)",
        "write = log\nwrite(url, level=\"warn\")",
        "from redgrease import cmd as c\nc.hgett()",
        "from redgrease import execute as run\nrun()",
        "import redgrease\nredgrease.cmd.hgett()",
        "import redgrease\nredgrease.execute(\"HGETT\")",
    ] {
        assert_eq!(findings(wrong).len(), 1, "{wrong}");
    }
    for fine in [
        "c = cmd\nc.hget(url, 1)",
        "c = cmd\nc = url\nc.hgett()",
        "try:\n    c = url()\nexcept ValueError:\n    c = cmd\nc.hgett()",
        "c = cmd if url else url\nc.hgett()",
        "def f(c):\n    return c.hgett()\nc = cmd\nreturn f(url)",
        "def f():\n    c = url\n    return c.hgett()\nc = cmd\nreturn f()",
        "c = cmd\nfor c in url:\n    c.hgett()",
        "c = cmd\ndef f():\n    nonlocal c\n    c = url\nf()\nc.hgett()",
        "def f():\n    global c\n    c = cmd\ndef g():\n    global c\n    c = url\nreturn c.hgett()",
        "cmd = url\nc = cmd\nc.hgett()",
        "c = cmd\nreturn hasattr(c, \"hgett\") and c.hgett()",
        "c = cmd\ndel c\nc = url\nc.hgett()",
        "class A:\n    c = cmd\n    def f(self, c):\n        return c.hgett()\nreturn A",
        "c, d = cmd, url\nd.hgett()",
        "import redgrease\nreturn redgrease.data.hgett()",
        "redgrease = url\nredgrease.cmd.hgett()",
        "write = log\nwrite(url)",
    ] {
        clean(fine);
    }
    let star = "from own import *\nc = cmd\nc.hgett()\n";
    assert_eq!(examine(&Source::shared("m", star)).findings, []);
}
