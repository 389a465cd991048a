use super::*;

#[test]
fn newer_syntax_names_both_versions() {
    one(
        "match url:\n    case \"a\":\n        return 1",
        r#""match" -> a `match` statement needs Python 3.10, but this gear is checked for Python 3.9: write it differently, or set `python = "3.10"` if every server has that version"#,
    );
}

#[test]
fn syntax_that_python_37_lacks() {
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
    // The loop is inside the `finally`.
    let lines = "try:\n    pass\nfinally:\n    for x in url:\n        continue";
    assert_eq!(findings_on("3.7", lines), [""; 0]);
}

#[test]
fn builtins_of_newer_versions() {
    let found = findings("return aiter(url)");
    assert!(
        found[0].ends_with("it needs Python 3.10, but this gear is checked for Python 3.9"),
        "{found:?}"
    );
    clean("return aiter(url)");
}
