use crate::{Generators, Problem, PythonVersion, Report, Source, examine};
use proptest::prelude::*;

/// A body of a function `gear(url)`, each line indented as in a Rust source.
fn body(lines: &str) -> String {
    let indented: Vec<String> = lines
        .lines()
        .map(|line| format!("        {line}"))
        .collect();
    format!("\n{}\n    ", indented.join("\n"))
}

fn report(lines: &str, python: &str) -> (String, Report) {
    let text = body(lines);
    let python: PythonVersion = python.parse().unwrap();
    let report = examine(&Source::body("gear", &["url"], &text).python(python));
    (text, report)
}

/// Findings as `text they point at -> message`.
fn findings_on(python: &str, lines: &str) -> Vec<String> {
    let (text, report) = report(lines, python);
    let show =
        |range: std::ops::Range<usize>, message: String| format!("{:?} -> {message}", &text[range]);
    report
        .findings
        .into_iter()
        .map(|f| show(f.range.clone(), f.to_string()))
        .collect()
}

fn findings(lines: &str) -> Vec<String> {
    findings_on("3.9", lines)
}

#[track_caller]
fn clean(lines: &str) {
    assert_eq!(findings_on("3.12", lines), [""; 0], "{lines}");
}

#[track_caller]
fn one(lines: &str, expected: &str) {
    assert_eq!(findings(lines), [expected], "{lines}");
}

mod syntax {
    use super::*;

    #[test]
    fn a_missing_colon() {
        one(
            "if url\n    return 1",
            r#""\n" -> Python syntax error: expected `:`, found newline"#,
        );
    }

    #[test]
    fn only_the_first_error_is_shown() {
        assert_eq!(findings("x = = 1\ny = ) 2\nfor").len(), 1);
    }

    #[test]
    fn statements_on_one_line() {
        one(
            "print \"hello\"",
            r#""\"hello\"" -> Python syntax error: the statement should have ended before this: in Python 3 write `print(..)`"#,
        );
        one(
            "let x = 1",
            r#""x" -> Python syntax error: the statement should have ended before this: Python has no `let`, write `name = ..`"#,
        );
        one(
            "x = 1 // the answer",
            r#""answer" -> Python syntax error: the statement should have ended before this: a Python comment begins with `#`"#,
        );
    }

    #[test]
    fn operators_of_rust() {
        one(
            "return url && 1",
            r#""&" -> Python syntax error: expected an expression: Python spells it `and`"#,
        );
        one(
            "return url || 1",
            r#""|" -> Python syntax error: expected an expression: Python spells it `or`"#,
        );
        assert!(
            findings("return !url")[0].ends_with("Python spells it `not`"),
            "{:?}",
            findings("return !url")
        );
    }

    #[test]
    fn indentation() {
        one(
            "x = 1\n  y = 2",
            r#""          " -> Python syntax error: this line is indented more than the one before it: indent both alike"#,
        );
        assert!(findings("if url:\n    x = 1\n  y = 2")[0].contains("not as any block around it"));
        let text = " x = 1\n        return x\n    ";
        let found = examine(&Source::body("gear", &[], text)).findings;
        assert!(
            found[0]
                .to_string()
                .ends_with("on a line of its own, indented like this one")
        );
    }

    #[test]
    fn a_body_must_be_there_and_indented() {
        for text in ["", "\n", "  \n\n  ", "\n    # only a comment\n"] {
            let found = examine(&Source::body("gear", &[], text)).findings;
            assert_eq!(found[0].problem, Problem::Empty, "{text:?}");
        }
        let text = "\n# comment\nreturn 1\n";
        let found = examine(&Source::body("gear", &[], text)).findings;
        assert_eq!(found[0].problem, Problem::NotIndented);
        assert_eq!(&text[found[0].range.clone()], "return 1");
        let text = "\n    x = 1\ny = 2\n";
        let found = examine(&Source::body("gear", &[], text)).findings;
        assert_eq!(found[0].problem, Problem::OutsideFunction);
        assert_eq!(&text[found[0].range.clone()], "y = 2");
    }

    #[test]
    fn code_behind_the_opening_brace() {
        let found = examine(&Source::body("gear", &[], " return 1 ")).findings;
        assert_eq!(found, []);
    }
}

mod versions {
    use super::*;

    #[test]
    fn newer_syntax_names_both_versions() {
        one(
            "match url:\n    case \"a\":\n        return 1",
            r#""match" -> a `match` statement needs Python 3.10, and this gear is checked for Python 3.9: write it differently, or set `python = "3.10"` if every server has that version"#,
        );
    }

    #[test]
    fn what_python_37_lacks() {
        for (lines, pointed) in [
            ("if (n := url):\n    return n", "n := url"),
            ("return f\"{url=}\"", "{url=}"),
            (
                "for x in url:\n    try:\n        pass\n    finally:\n        continue",
                "continue",
            ),
            ("def f(a, /):\n    pass\nreturn f", "/"),
            ("x = 1,\nreturn 2, *x", "*x"),
        ] {
            let found = findings_on("3.7", lines);
            assert!(
                found.len() == 1 && found[0].starts_with(&format!("{pointed:?}")),
                "{found:?}"
            );
            assert!(found[0].contains("needs Python 3.8"), "{found:?}");
            clean(lines);
        }
        // The loop is inside of the `finally`.
        let lines = "try:\n    pass\nfinally:\n    for x in url:\n        continue";
        assert_eq!(findings_on("3.7", lines), [""; 0]);
    }

    #[test]
    fn builtins_of_newer_versions() {
        let found = findings("return aiter(url)");
        assert!(
            found[0].ends_with("it exists since Python 3.10, and 3.9 is checked for"),
            "{found:?}"
        );
        clean("return aiter(url)");
    }
}

mod placement {
    use super::*;

    #[test]
    fn loops() {
        one(
            "break",
            r#""break" -> Python error: `break` outside of a loop: remove it, or write `return`"#,
        );
        one(
            "continue",
            r#""continue" -> Python error: `continue` outside of a loop: remove it, or write `return`"#,
        );
        assert_eq!(
            findings("for x in url:\n    def f():\n        break").len(),
            1
        );
        clean("for x in url:\n    if x:\n        break\nelse:\n    pass");
    }

    #[test]
    fn awaiting() {
        clean("return await url");
        clean("async def f():\n    await url\nreturn f");
        one(
            "def f():\n    return await url\nreturn f",
            r#""await url" -> Python error: `await` outside of an `async def`: write `async def` for the inner function"#,
        );
    }

    #[test]
    fn yielding() {
        one(
            "for x in url:\n    yield x",
            r#""yield x" -> `yield` turns the gear into a generator, whose result is a list of values: make the result `Vec<T>`, or `return` one value instead"#,
        );
        clean("def f():\n    yield 1\nreturn list(f())");
        clean("return list(x for x in url)");
    }

    #[test]
    fn returning_from_a_class() {
        let found = findings("class C:\n    return 1");
        assert!(
            found[0].contains("`return` statement outside of a function"),
            "{found:?}"
        );
    }

    #[test]
    fn star_imports_belong_to_modules() {
        let found = findings("from os import *");
        assert!(found[0].contains("inside of a function"), "{found:?}");
    }

    #[test]
    fn a_star_without_a_place_to_go() {
        one(
            "*url",
            r#""*url" -> Python error: a value with `*` cannot stand by itself: remove the `*`"#,
        );
        clean("a, *b = url\nprint(*url)\nreturn [*url, *b], a");
    }

    #[test]
    fn declarations() {
        let found = findings("nonlocal counter\ncounter = 1");
        assert!(
            found[0].contains("no function around this one has a variable `counter`"),
            "{found:?}"
        );
        let found = findings("x = 1\nglobal x");
        assert!(
            found[0].contains("prior to global declaration"),
            "{found:?}"
        );
        clean("global x\nx = 1\nreturn x");
        clean("n = 0\ndef f():\n    nonlocal n\n    n += 1\nf()\nreturn n");
    }
}

mod names {
    use super::*;

    #[test]
    fn undefined_names_say_what_may_be_meant() {
        one(
            "return ulr",
            r#""ulr" -> undefined Python name `ulr`: did you mean `url`?"#,
        );
        one(
            "return json.dumps(url)",
            r#""json" -> undefined Python name `json`: write `import json` first"#,
        );
        one(
            "return true",
            r#""true" -> undefined Python name `true`: in Python write `True`"#,
        );
        one(
            "return requests.get(url)",
            r#""requests" -> undefined Python name `requests`: import or assign it, or make it an argument of the gear"#,
        );
        one(
            "return exceute(\"GET\", url)",
            r#""exceute" -> undefined Python name `exceute`: did you mean `execute`?"#,
        );
    }

    #[test]
    fn all_of_them_at_once() {
        assert_eq!(findings("a = one_\nb = two_\nbreak\nreturn a + b").len(), 3);
    }

    #[test]
    fn what_the_server_provides_is_known() {
        clean(
            "log(execute(\"GET\", url))\nwith atomic():\n    cmd.set(hashtag3(), hashtag())\nreturn GB",
        );
    }

    #[test]
    fn every_way_to_bind() {
        clean("import os.path as p, sys\nfrom json import dumps as d\nreturn p, sys, d");
        clean("for i, (j, *k) in url:\n    pass\nreturn i, j, k");
        clean("with open(url) as f, open(url) as (g, h):\n    return f, g, h");
        clean("try:\n    pass\nexcept ValueError as e:\n    return e");
        clean("if (n := url):\n    return n");
        clean("return [y for x in url if (y := x)] and y");
        clean("x: int = 1\nx += 1\ndel x\nx = 2\nreturn x");
        clean(
            "match url:\n    case {\"a\": a, **rest}:\n        return a, rest\n    case [b, *c] | (b, *c):\n        return b, c\n    case str() as s:\n        return s",
        );
        clean("def f(a, b=1, *c, d, **e):\n    return a, b, c, d, e, f\nreturn f");
        clean("return (lambda a, *b, c=1, **d: (a, b, c, d))(1)");
        clean("def f[T](x: T) -> T:\n    return x\ntype A[U] = list[U]\nreturn f, A");
        clean(
            "class C:\n    x = 1\n    y = x\n    def m(self):\n        return __class__, super().m\nreturn C",
        );
        clean("return {k: v for k, v in url}, {k for k in url}, [k for k in url]");
    }

    #[test]
    fn scopes_keep_their_names() {
        assert_eq!(findings("[x for x in url]\nreturn x").len(), 1);
        assert_eq!(findings("def f(a):\n    b = a\nreturn b").len(), 1);
        assert_eq!(
            findings("class C:\n    x = 1\n    def m(self):\n        return x\nreturn C").len(),
            1
        );
        assert_eq!(
            findings("class C:\n    x = 1\n    y = [x for _ in url]\nreturn C").len(),
            1
        );
        clean("class C:\n    x = [url]\n    y = [i for i in x]\nreturn C");
    }

    #[test]
    fn names_used_before_they_are_bound_in_the_text_are_fine() {
        clean("def f():\n    return g()\ndef g():\n    return url\nreturn f()");
    }

    #[test]
    fn code_that_expects_a_missing_name() {
        clean("try:\n    x = unicode\nexcept NameError:\n    x = str\nreturn x");
        clean("try:\n    x = unicode\nexcept (TypeError, NameError):\n    x = str\nreturn x");
        assert_eq!(
            findings("try:\n    x = missing\nexcept ValueError:\n    x = missing_too").len(),
            2
        );
    }

    #[test]
    fn annotations_of_locals_are_not_evaluated() {
        clean("x: Missing = 1\nreturn x");
        assert_eq!(
            findings("def f(x: Missing):\n    return x\nreturn f").len(),
            1
        );
    }

    #[test]
    fn f_strings() {
        let found = findings("return f\"{url} {oops!r:>{width}}\"");
        assert!(
            found[0].starts_with("\"oops\"") && found[1].starts_with("\"width\""),
            "{found:?}"
        );
    }

    #[test]
    fn free_names() {
        let free = |lines| report(lines, "3.9").1.names;
        assert_eq!(
            free("import requests\nreturn len(cmd.get(url)), requests"),
            ["cmd"]
        );
        assert_eq!(
            free("from redgrease import cmd as c, log\nreturn c"),
            ["cmd", "log", "redgrease"]
        );
        assert_eq!(
            free("import redgrease.runtime as r\nreturn r"),
            ["redgrease"]
        );
        assert_eq!(free("cmd = 1\nreturn cmd"), [""; 0]);
        assert_eq!(
            free("try:\n    maybe\nexcept NameError:\n    pass"),
            ["maybe"]
        );
    }

    #[test]
    fn commands_that_wait() {
        one(
            "return cmd.blpop(url)",
            r#""cmd.blpop" -> `cmd.blpop` waits, and no command inside of a gear can wait: use `cmd.lpop`, which returns at once"#,
        );
        assert_eq!(
            findings("from redgrease import cmd\ncmd.brpop(url)").len(),
            1
        );
        clean("cmd = url\nreturn cmd.blpop(url)");
        clean("return cmd.lpop(url)");
    }
}

mod coroutines {
    use super::*;

    #[test]
    fn a_body_that_awaits_is_one() {
        let is = |lines| report(lines, "3.9").1.coroutine;
        assert!(is("return await url"));
        assert!(is("async with url as x:\n    return x"));
        assert!(is("async for x in url:\n    return x"));
        assert!(is("return [x async for x in url]"));
        assert!(is("return [await x for x in url]"));
        assert!(!is("async def f():\n    await url\nreturn 1"));
        assert!(!is("return 1"));
    }
}

mod modules {
    use super::*;

    fn module(text: &str) -> Report {
        examine(&Source::module("gear", &["url"], text))
    }

    #[test]
    fn a_module_defines_the_function() {
        let report = module(
            "import os\n\ndef gear(url):\n    return os, helper(url)\n\ndef helper(x):\n    return cmd.get(x)\n",
        );
        assert_eq!(report.findings, []);
        assert_eq!(report.names, ["cmd"]);
        assert!(!report.coroutine);
        assert!(module("async def gear(url):\n    return 1\n").coroutine);
    }

    #[test]
    fn a_module_without_it() {
        let report = module("def geer(url):\n    return 1\ndef other():\n    pass\n");
        assert_eq!(
            report.findings[0].to_string(),
            "this Python module does not define the gear's function `gear`: it has `geer`: rename that to `gear`, or the Rust function"
        );
        assert!(matches!(
            module("").findings[0].problem,
            Problem::NoSuchFunction { similar: None, .. }
        ));
    }

    #[test]
    fn other_parameters() {
        for text in [
            "def gear():\n    pass\n",
            "def gear(uri):\n    pass\n",
            "def gear(url, x=1):\n    pass\n",
        ] {
            let report = module(text);
            assert!(
                matches!(report.findings[0].problem, Problem::OtherParameters { .. }),
                "{text}"
            );
        }
        let text = "def gear(url: str) -> bytes:\n    return url.encode()\n";
        assert_eq!(module(text).findings, []);
    }

    #[test]
    fn a_star_import_switches_names_off() {
        assert_eq!(
            module("from os import *\ndef gear(url):\n    return getcwd()\n").findings,
            []
        );
    }

    #[test]
    fn only_the_gear_itself_must_not_yield() {
        assert_eq!(
            module("def gear(url):\n    return 1\ndef other():\n    yield 1\n").findings,
            []
        );
        assert_eq!(module("def gear(url):\n    yield 1\n").findings.len(), 1);
    }
}

mod robustness {
    use super::*;

    #[test]
    fn deep_trees() {
        for text in [
            format!("\n  return {}x\n", "a.".repeat(20_000)),
            format!("\n  return {}x\n", "a + ".repeat(20_000)),
            format!("\n  return {}x{}\n", "(".repeat(5_000), ")".repeat(5_000)),
            format!("\n  return {}x\n", "not ".repeat(5_000)),
            format!("\n  return x{}\n", "[0]".repeat(20_000)),
        ] {
            let _ = examine(&Source::body("gear", &[], &text));
        }
    }

    #[test]
    fn long_texts_are_refused() {
        let text = format!("\n  x = 1{}", "\n  x = 1".repeat(100_000));
        let found = examine(&Source::body("gear", &[], &text)).findings;
        assert!(matches!(found[..], [ref f] if matches!(f.problem, Problem::TooLong { .. })));
    }

    fn judge(text: &str) -> Result<(), TestCaseError> {
        for source in [
            Source::body("gear", &["url"], text),
            Source::module("gear", &["url"], text),
        ] {
            for finding in examine(&source).findings {
                prop_assert!(text.get(finding.range.clone()).is_some(), "{:?}", finding);
                prop_assert_ne!(finding.problem, Problem::NotChecked);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text(text in any::<String>()) {
            judge(&text)?;
        }

        #[test]
        fn anything_made_of_python(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "def ", "f", "(", ")", ":", "\n", "\n  ", "\n    ", "return ", "yield ", "await ", "lambda ",
                    "x", "=", ":=", "[", "]", "{", "}", "\"", "f\"", "'''", "# c", "\\", "for ", "in ", "if ", "else",
                    "try", "finally", "except ", "class ", "global ", "nonlocal ", "del ", "import ", "from ", "*",
                    "async ", "match ", "case ", "_", "1", "é", "😀", ".", ",", ";", "\t", "\r\n", "type ", "@",
                ]),
                0..40,
            )
        ) {
            judge(&words.concat())?;
            judge(&format!("\n  {}", words.concat()))?;
        }
    }
}

fn found(source: Source<'_>) -> Vec<String> {
    let report = examine(&source);
    report.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn generators_need_somebody_who_collects() {
    let body = Source::body("f", &[], "\n    yield 1\n    yield 2\n");
    let listed = body.generators(Generators::Listed);
    assert_eq!(found(listed), [""; 0]);
    assert_eq!(found(body).len(), 1);
    assert!(found(body)[0].contains("make the result `Vec<T>`"));
    let nobody = found(body.generators(Generators::Nobody));
    assert!(nobody[0].contains("nobody asks"), "{nobody:?}");
    let both = Source::body(
        "f",
        &[],
        "\n    yield await x()\n\n    async def x(): pass\n",
    );
    let both = found(both.generators(Generators::Listed));
    assert!(both[0].contains("asynchronous generator"), "{both:?}");
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
    let report = examine(&source.more_elsewhere(true));
    assert_eq!(report.findings, []);
    let names: Vec<&str> = report.elsewhere.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["helper", "helpr"]);
    assert_eq!(report.elsewhere[0].range, 12..18);
    // What a body declares global, others can use.
    let setup = Source::body(
        "on_registered",
        &[],
        "\n    global pool\n    pool = other = 1\n",
    );
    assert_eq!(examine(&setup).defines, ["pool"]);
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
        assert!(found[0].contains("this is none"), "{text}: {found:?}");
    }
    assert!(found(Source::callback("@x\ndef f(a): pass"))[0].contains("decorated"));
    assert!(found(Source::callback("lambda x:"))[0].contains("syntax error"));
    assert_eq!(
        found(Source::callback("lambda valu: value"))[0],
        "undefined Python name `value`: did you mean `valu`?"
    );
    assert_eq!(
        examine(&Source::callback("lambda x: x > _min").known(&["_min"])).findings,
        []
    );
}

#[test]
fn waiting_however_it_is_called() {
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
