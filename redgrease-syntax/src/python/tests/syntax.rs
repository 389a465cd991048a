use super::*;

#[test]
fn a_missing_colon() {
    one(
        "if url\n    return 1",
        r#""" -> Python syntax error: expected `:`, found newline: end the line with `:`"#,
    );
    for line in ["if url", "if url  # why", "if url   "] {
        let (text, report) = report(&format!("{line}\n    return 1"), "3.9");
        let place = report.findings[0].range.clone();
        assert_eq!(place.start, place.end, "{line}");
        assert!(text[..place.start].ends_with("if url"), "{line}: {place:?}");
    }
}

#[test]
fn only_the_first_error_is_shown() {
    assert_eq!(findings("x = = 1\ny = ) 2\nfor").len(), 1);
}

#[test]
fn statements_on_one_line() {
    one(
        "print \"hello\"",
        r#""\"hello\"" -> Python syntax error: expected the end of the statement: in Python 3 write `print(..)`"#,
    );
    one(
        "let x = 1",
        r#""x" -> Python syntax error: expected the end of the statement: Python has no `let`, write `name = ..`"#,
    );
    one(
        "x = 1 // the answer",
        r#""answer" -> Python syntax error: expected the end of the statement: begin a comment with `#`"#,
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
        r#""          " -> Python syntax error: this line is indented more than the one before it: indent both lines alike"#,
    );
    assert!(findings("if url:\n    x = 1\n  y = 2")[0].contains("not that of any block around it"));
    let text = " x = 1\n        return x\n    ";
    let found = examine(&Source::body("gear", &[], text)).findings;
    assert!(
        found[0]
            .to_string()
            .ends_with("on a separate line, indented like this one")
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

#[test]
fn keywords_as_names() {
    for (text, hint) in [
        ("cmd.del(url)", "write `cmd.delete(..)`"),
        ("x = cmd.del", "write `cmd.delete(..)`"),
        (
            "cmd.import(url)",
            "Redis has no such command, and a command without a method is `cmd.execute_command(\"IMPORT\", ..)`",
        ),
        (
            "url.class",
            "`class` is a word of Python, write `getattr(.., \"class\")`",
        ),
        (
            "url.cmd.del(1)",
            "`del` is a word of Python, write `getattr(.., \"del\")`",
        ),
    ] {
        let found = super::findings(text);
        assert!(found[0].ends_with(&format!(": {hint}")), "{found:?}");
    }
}
