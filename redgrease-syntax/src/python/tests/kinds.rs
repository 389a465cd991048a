//! The forms of sources: generators, shared modules, callbacks.

use super::*;

fn found(source: Source<'_>) -> Vec<String> {
    let report = examine(&source);
    report.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn generators_need_a_result_that_collects() {
    let body = Source::body("f", &[], "\n    yield 1\n    yield 2\n");
    let listed = body.generators(Generators::Listed);
    assert_eq!(found(listed), [""; 0]);
    assert_eq!(found(body).len(), 1);
    assert!(found(body)[0].contains("make the result `Vec<T>`"));
    let without_result = found(body.generators(Generators::NoResult));
    assert!(
        without_result[0].contains("nothing receives"),
        "{without_result:?}"
    );
    let both = Source::body(
        "f",
        &[],
        "\n    yield await x()\n\n    async def x(): pass\n",
    );
    let both = found(both.generators(Generators::Listed));
    assert!(both[0].contains("asynchronous generator"), "{both:?}");
}

/// The texts of each `Err` that nothing receives.
fn refused(text: &str, refusals: Refusals) -> Vec<String> {
    let report = examine(&Source::body("f", &["x"], text).refusals(refusals));
    let findings = report.findings.iter();
    findings
        .map(|one| text[one.range.clone()].to_owned())
        .collect()
}

#[test]
fn an_err_needs_a_result() {
    for (text, places) in [
        ("\n    raise Err('x')\n", vec!["Err('x')"]),
        ("\n    raise Err\n", vec!["Err"]),
        (
            "\n    from redgrease import Err\n    raise Err('x')\n",
            vec!["Err('x')"],
        ),
        ("\n    raise Err('x') from None\n", vec!["Err('x')"]),
        ("\n    return Err('x')\n", vec!["Err('x')"]),
        (
            "\n    if x:\n        return Err(1)\n    raise Err(2)\n",
            vec!["Err(1)", "Err(2)"],
        ),
        ("\n    return 1 if x else Err('x')\n", vec!["Err('x')"]),
        (
            "\n    try:\n        pass\n    except ValueError:\n        raise Err('x')\n",
            vec!["Err('x')"],
        ),
        (
            "\n    try:\n        raise Err('x')\n    except KeyError:\n        pass\n",
            vec!["Err('x')"],
        ),
        (
            "\n    try:\n        return Err('x')\n    except Err:\n        pass\n",
            vec!["Err('x')"],
        ),
        (
            "\n    with atomic():\n        raise Err('x')\n",
            vec!["Err('x')"],
        ),
    ] {
        assert_eq!(refused(text, Refusals::NotReceived), places, "{text}");
        assert_eq!(refused(text, Refusals::NoCaller), places, "{text}");
        assert_eq!(refused(text, Refusals::Received), [""; 0], "{text}");
        assert_eq!(refused(text, Refusals::Unknown), [""; 0], "{text}");
        let unknown = examine(&Source::body("f", &["x"], text).refusals(Refusals::Unknown));
        let unknown: Vec<_> = unknown.refusals.into_iter().map(|at| &text[at]).collect();
        assert_eq!(unknown, places, "{text}");
    }
    // A name of the gear's own, and an `Err` that the gear handles.
    for text in [
        "\n    class Err(Exception): pass\n    raise Err('x')\n",
        "\n    from errors import Err  # redgrease: allow(unknown-import)\n    return Err('x')\n",
        "\n    Err = ValueError\n    raise Err('x')\n",
        "\n    try:\n        raise Err('x')\n    except Err as error:\n        return error.value\n",
        "\n    try:\n        raise Err('x')\n    except (KeyError, Err):\n        pass\n",
        "\n    try:\n        raise Err('x')\n    except:\n        pass\n",
        "\n    try:\n        raise Err('x')\n    except Exception:\n        pass\n",
        "\n    try:\n        return g(x)\n    except Err as error:\n        return str(error)\n    def g(x): raise Err('x')\n",
        "\n    import contextlib\n    with contextlib.suppress(Err):\n        raise Err('x')\n",
        "\n    return isinstance(x, Err)\n",
    ] {
        assert_eq!(refused(text, Refusals::NotReceived), [""; 0], "{text}");
    }
    let module = "def f(x):\n    raise Err('x')\n";
    let source = Source::module("f", &["x"], module);
    assert!(found(source.refusals(Refusals::NotReceived))[0].contains("`-> Result<T, E>`"));
    assert!(found(Source::on_registered(" raise Err('x')"))[0].contains("nothing receives"));
    assert_eq!(found(Source::shared("m", module)), [""; 0]);
    let known = source.refusals(Refusals::NotReceived).known(&["Err"]);
    assert_eq!(found(known), [""; 0]);
    let listed = Source::body("f", &[], "\n    yield Err('x')\n")
        .generators(Generators::Listed)
        .refusals(Refusals::NotReceived);
    assert_eq!(found(listed).len(), 1);
}

#[test]
fn shared_python_defines_names() {
    let source = Source::shared(
        "helpers",
        "\n    import json, os.path as p\n    from x import y\n    limit: int = 3\n    def f(a): return cmd.get(a)\n    class C: z = 1\n    for i in []: pass\n",
    );
    let report = examine(&source);
    assert_eq!(report.findings, []);
    assert_eq!(report.defines, ["C", "f", "i", "json", "limit", "p", "y"]);
    assert_eq!(report.names, ["cmd"]);
    assert_eq!(
        examine(&Source::shared("m", "from x import *")).defines,
        ["*"]
    );
    assert_eq!(
        found(Source::shared("m", "import json\nx = jsn"))[0],
        "undefined Python name `jsn`: did you mean `json`?"
    );
    assert_eq!(found(Source::shared("m", " # nothing\n")), [""; 0]);
    assert_eq!(found(Source::shared("m", "return 1")).len(), 1);
}

#[test]
fn names_of_other_python() {
    let source = Source::body("f", &[], "\n    return helper(1) + helpr(2)\n");
    assert_eq!(
        found(source.known(&["helper"])),
        ["undefined Python name `helpr`: did you mean `helper`?"]
    );
    assert_eq!(found(source.known(&["*"])), [""; 0]);
    let report = examine(&source.has_unknown_names(true));
    assert_eq!(report.findings, []);
    let names: Vec<&str> = report
        .unknown_names
        .iter()
        .map(|e| e.name.as_str())
        .collect();
    assert_eq!(names, ["helper", "helpr"]);
    assert_eq!(report.unknown_names[0].range, 12..18);
    // Other Python can use the names that a body declares `global`.
    let setup = Source::on_registered("\n    global pool\n    pool = other = 1\n");
    let report = examine(&setup);
    assert_eq!(report.defines, ["pool"]);
    assert_eq!(report.locals, ["other"]);
}

#[test]
fn local_names_of_on_registered() {
    let source = Source::body("f", &["pools"], "\n    return pool\n");
    assert_eq!(
        found(source.hidden(&["pool"])),
        [
            "undefined Python name `pool`: write `global pool` in `on_registered`, where it is a local variable"
        ]
    );
    assert_eq!(
        found(Source::on_registered("\n    pool = conect()\n")),
        ["undefined Python name `conect`: import or assign it"]
    );
}

#[test]
fn callbacks() {
    let arity = |text: &str| {
        let report = examine(&Source::callback(text));
        assert_eq!(report.findings, [], "{text}");
        report.arity
    };
    assert_eq!(arity("lambda: 1"), Some(0));
    assert_eq!(arity("lambda x, y: x + y"), Some(2));
    assert_eq!(arity("lambda x, *y: x"), None);
    assert_eq!(arity("lambda x, y=1: x"), None);
    assert_eq!(arity("str.split"), None);
    assert_eq!(arity("(lambda x:\n x)  # why"), Some(1));
    assert_eq!(arity("def f(a, b):\n        return a\n"), Some(2));
    assert_eq!(arity("def f(a, *, b):\n        return a\n"), None);
    assert!(examine(&Source::callback("async def f(a):\n  await a")).coroutine);
    for text in [
        "return 1",
        "x = 1",
        "def f(x): return x\nf",
        "import os",
        "if True: pass",
    ] {
        let found = found(Source::callback(text));
        assert!(
            found[0].contains("must be a single function"),
            "{text}: {found:?}"
        );
    }
    assert!(found(Source::callback("@x\ndef f(a): pass"))[0].contains("decorator"));
    assert!(found(Source::callback("lambda x:"))[0].contains("syntax error"));
    assert_eq!(
        found(Source::callback("lambda valu: value"))[0],
        "undefined Python name `value`: did you mean `valu`?"
    );
    assert_eq!(
        found(Source::callback("lambda x: x[1"))[0],
        "Python syntax error: this `[` is not closed: write `]`"
    );
    assert_eq!(
        found(Source::callback("1 if 2"))[0],
        "Python syntax error: expected `else`, found the end of the Python"
    );
    assert_eq!(
        examine(&Source::callback("lambda x: x > _min").known(&["_min"])).findings,
        []
    );
}

#[test]
fn blocking_commands_in_every_spelling() {
    for (call, instead) in [
        ("cmd.blpop('x')", "use `cmd.lpop`"),
        ("execute('BLPOP', 'x', 1)", "use `execute(\"LPOP\", ..)`"),
        ("cmd.execute_command('brpop', 'x')", "use `cmd.rpop`"),
        ("cmd.xread({'s': 0}, block=5)", "use it without `block`"),
        ("execute('XREAD', 'BLOCK', 1)", "use it without `block`"),
        ("cmd.subscribe('x')", "remove it"),
    ] {
        let text = format!("\n    return {call}\n");
        let found = found(Source::body("f", &[], &text));
        assert_eq!(found.len(), 1, "{call}");
        assert!(found[0].contains(instead), "{found:?}");
    }
    for call in [
        "cmd.lpop('x')",
        "execute('LPOP', 'x')",
        "cmd.xread({'s': 0}, block=None)",
        "other.blpop('x')",
        "execute(x)",
    ] {
        let text = format!("\n    other = x = 1\n    return {call}\n");
        assert_eq!(found(Source::body("f", &[], &text)), [""; 0], "{call}");
    }
}
