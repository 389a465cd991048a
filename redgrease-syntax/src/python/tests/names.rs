use super::*;

#[test]
fn undefined_names_have_a_hint() {
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
fn all_problems_at_once() {
    assert_eq!(findings("a = one_\nb = two_\nbreak\nreturn a + b").len(), 3);
}

#[test]
fn names_of_the_server_are_defined() {
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
fn names_can_be_used_before_they_are_bound() {
    clean("def f():\n    return g()\ndef g():\n    return url\nreturn f()");
}

#[test]
fn code_that_handles_a_missing_name() {
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
fn blocking_commands() {
    one(
        "return cmd.blpop(url)",
        r#""cmd.blpop" -> `cmd.blpop` blocks, which a command inside a gear cannot do: use `cmd.lpop`, which returns at once"#,
    );
    assert_eq!(
        findings("from redgrease import cmd\ncmd.brpop(url)").len(),
        1
    );
    clean("cmd = url\nreturn cmd.blpop(url)");
    clean("return cmd.lpop(url)");
}
