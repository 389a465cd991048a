//! Calls of the functions that a server provides.

use super::{body, clean, one};
use crate::Intercepts::{Command, Nothing, Reply, Unknown};
use crate::{Intercepts, Source, examine};

#[test]
fn arguments_of_functions() {
    for (call, place, message) in [
        (
            "log()",
            "log()",
            "`log` is called without a text: write `log(text)` or `log(text, level=\"notice\")`",
        ),
        (
            "log(level=\"notice\")",
            "log(level=\"notice\")",
            "`log` is called without a text: write `log(text)` or `log(text, level=\"notice\")`",
        ),
        (
            "log(url, \"notice\", 3)",
            "log(url, \"notice\", 3)",
            "`log` takes at most 2 arguments, not 3: write `log(text)` or `log(text, level=\"notice\")`",
        ),
        (
            "log(url, levl=\"notice\")",
            "levl",
            "`log` has no argument `levl`: did you mean `level`?",
        ),
        (
            "log(url, file=1)",
            "file",
            "`log` has no argument `file`: write `log(text)` or `log(text, level=\"notice\")`",
        ),
        (
            "hashtag(\"x\")",
            "hashtag(\"x\")",
            "`hashtag` takes no arguments: write `hashtag()`",
        ),
        (
            "hashtag3(url)",
            "hashtag3(url)",
            "`hashtag3` takes no arguments: write `hashtag3()`",
        ),
        (
            "isAsyncAllow(url)",
            "isAsyncAllow(url)",
            "`isAsyncAllow` takes no arguments: write `isAsyncAllow()`",
        ),
        (
            "get_command(1)",
            "get_command(1)",
            "`get_command` takes no arguments: write `get_command()`",
        ),
        (
            "override_reply()",
            "override_reply()",
            "`override_reply` is called without a reply: write `override_reply(reply)`",
        ),
        (
            "override_reply(1, 2)",
            "override_reply(1, 2)",
            "`override_reply` takes 1 argument, not 2: write `override_reply(reply)`",
        ),
        (
            "x = hashtag(key=1)",
            "key",
            "`hashtag` has no argument `key`: write `hashtag()`",
        ),
        (
            "with atomic(\"x\"):\n    pass",
            "atomic(\"x\")",
            "`atomic` takes no arguments: write `with atomic():`",
        ),
        (
            "from redgrease import log\nlog()",
            "log()",
            "`log` is called without a text: write `log(text)` or `log(text, level=\"notice\")`",
        ),
        (
            "h = hashtag\nh(1)",
            "h(1)",
            "`hashtag` takes no arguments: write `hashtag()`",
        ),
    ] {
        one(call, &format!("{place:?} -> {message}"));
    }
}

#[test]
fn arguments_that_fit() {
    for call in [
        "log(url)",
        "log(url, \"notice\")",
        "log(\"notice\", url)",
        "log(message=url, level=\"debug\")",
        "log(msg=url)",
        "log(*url)",
        "log(**{\"message\": url})",
        "log(url, *[\"notice\"])",
        "override_reply(*url)",
        "override_reply(reply=url)",
        "hashtag()",
        "hashtag(*[])",
        "with atomic():\n    pass",
        "log()  # redgrease: allow(function-arguments)",
        "with atomic(1):  # redgrease: allow(function-arguments)\n    pass",
        "from math import log\nlog(8, 2, 1)",
        "def log(*all):\n    pass\nlog()",
        "def hashtag(x):\n    return x\nhashtag(1)",
        "list(map(hashtag, []))",
    ] {
        clean(call);
    }
}

#[test]
fn names_that_a_module_may_define() {
    let star = "from math import *\nx = log(8, base=2)\n";
    assert_eq!(examine(&Source::shared("m", star)).findings, []);
    let text = body("log()\nhashtag(1)\ncall_next()\nwith atomic:\n    pass");
    let gear = Source::body("gear", &["url"], &text).intercepts(Nothing);
    assert_eq!(examine(&gear).findings.len(), 4);
    assert_eq!(examine(&gear.has_unknown_names(true)).findings, []);
    assert_eq!(examine(&gear.known(&["*"])).findings, []);
    let all = ["log", "hashtag", "atomic", "call_next"];
    assert_eq!(examine(&gear.known(&all)).findings, []);
}

#[test]
fn atomic_without_parentheses() {
    let message = "\"atomic\" -> `with atomic` lacks the parentheses: write `with atomic():`";
    one("with atomic:\n    cmd.incr(url)", message);
    one("with atomic as x:\n    cmd.incr(url)", message);
    one("with open(url), atomic:\n    cmd.incr(url)", message);
    one(
        "import redgrease\nwith redgrease.atomic:\n    pass",
        "\"redgrease.atomic\" -> `with atomic` lacks the parentheses: write `with atomic():`",
    );
    clean("with atomic:  # redgrease: allow(atomic-alone)\n    pass");
    clean("atomic = open(url)\nwith atomic:\n    pass");
    clean("from contextlib import nullcontext as atomic\nwith atomic:\n    pass");
    clean("a = atomic()\nwith a:\n    pass");
}

/// The messages for a gear that intercepts this.
fn messages(intercepts: Intercepts, lines: &str) -> Vec<String> {
    let text = body(lines);
    let source = Source::body("gear", &["url"], &text).intercepts(intercepts);
    let findings = examine(&source).findings;
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn functions_of_hooks() {
    let next = "this gear replaces no command, so `call_next` fails: add `hook = \"..\"` to the attribute, or write `execute(\"..\")`";
    let reply = |function: &str| {
        format!(
            "no command waits for this gear, so `{function}` fails: use it in `#[gear_keys(commands = [\"..\"])]`, or return the value"
        )
    };
    assert_eq!(messages(Nothing, "return call_next(url)"), [next]);
    assert_eq!(
        messages(Reply, "return [call_next(one) for one in url]"),
        [next]
    );
    assert_eq!(messages(Nothing, "get_command()"), [reply("get_command")]);
    assert_eq!(
        messages(Nothing, "override_reply(1)"),
        [reply("override_reply")]
    );
    assert_eq!(messages(Nothing, "n = call_next\nreturn n(url)"), [next]);
    let all = "call_next(url)\nget_command()\noverride_reply(1)";
    assert_eq!(messages(Command, all), [""; 0]);
    assert_eq!(messages(Unknown, all), [""; 0]);
    assert_eq!(messages(Reply, "get_command()\noverride_reply(1)"), [""; 0]);
    for quiet in [
        // A function may be registered as a hook.
        "def hook(r):\n    return call_next(*r[1:])\nreturn hook",
        "GB(\"CommandReader\").map(lambda r: call_next(*r[1:])).register(hook=\"hget\")",
        "try:\n    return call_next(url)\nexcept Exception:\n    return 1",
        "return call_next(url)  # redgrease: allow(not-intercepted)",
        "call_next = len\nreturn call_next(url)",
        "return [call_next]",
    ] {
        assert_eq!(messages(Nothing, quiet), [""; 0], "{quiet}");
    }
    let module = "def gear(url):\n    return call_next(url)\n";
    let source = Source::module("gear", &["url"], module).intercepts(Nothing);
    assert_eq!(examine(&source).findings, []);
}

#[test]
fn names_of_commands_in_bytes() {
    one(
        "return cmd.execute_command(b\"HGETT\", url)",
        "\"b\\\"HGETT\\\"\" -> Redis has no command `HGETT`: did you mean `HGET`?",
    );
    one(
        "return cmd.execute_command(b\"CLIENT LIST\")",
        "\"b\\\"CLIENT LIST\\\"\" -> Redis has no command `CLIENT LIST`: correct the name; if a module of the server has it, end the line with `# redgrease: allow(unknown-command)`",
    );
    one(
        "return cmd.execute_command(b\"BLPOP\", url, 1)",
        "\"cmd.execute_command\" -> `cmd.blpop` blocks, which a command inside a gear cannot do: use `cmd.lpop`, which returns at once",
    );
    one(
        "return cmd.execute_command(b\"GET\")",
        "\"b\\\"GET\\\"\" -> the command GET takes 1 argument, not 0: write the words of the command as Redis documents them",
    );
    one(
        "return execute(b\"HGETT\", url)",
        "\"b\\\"HGETT\\\"\" -> `execute` begins with the name of a command, not with bytes: write the words of a command, such as `execute(\"GET\", key)`",
    );
    clean(
        "return cmd.execute_command(b\"GET\", url), cmd.execute_command(b\"json.get\", url), cmd.execute_command(b\"\\xff\")",
    );
}
