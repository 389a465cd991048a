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
        r#""yield x" -> `yield` makes the result a list of values, but this gear returns one value: make the result `Vec<T>`, or `return` one value instead"#,
    );
    clean("def f():\n    yield 1\nreturn list(f())");
    clean("return list(x for x in url)");
}

#[test]
fn returning_from_a_class() {
    let found = findings("class C:\n    return 1");
    assert!(
        found[0].contains("`return` outside of a function"),
        "{found:?}"
    );
}

#[test]
fn star_imports_are_only_for_modules() {
    let found = findings("from os import *");
    assert!(found[0].contains("inside a function"), "{found:?}");
}

#[test]
fn a_starred_statement() {
    one(
        "*url",
        r#""*url" -> Python error: a value with `*` cannot be a statement: remove the `*`"#,
    );
    clean("a, *b = url\nprint(*url)\nreturn [*url, *b], a");
}

#[test]
fn declarations() {
    let found = findings("nonlocal counter\ncounter = 1");
    assert!(
        found[0].contains("no enclosing function has a variable `counter`"),
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
