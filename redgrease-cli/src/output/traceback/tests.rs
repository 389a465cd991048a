use super::*;

const TEXT: &str = "Traceback (most recent call last):\n  File \"<string>\", line 6, in <lambda>\n  File \"<string>\", line 3, in f\nZeroDivisionError: integer division or modulo by zero\n";

fn script() -> Source {
    Source {
        name: "jobs/a.py".to_owned(),
        text: "def f(x):\n    y = 1\n    return x // 0\n\n\nGB().map(lambda _: f(1)).run()\n"
            .to_owned(),
    }
}

#[test]
fn frames_of_a_script_show_its_lines() {
    let it = Traceback::parse(TEXT).with_source(SCRIPT, &script());
    assert_eq!(
        it.to_string(),
        "  jobs/a.py:6 in <lambda>
    6 | GB().map(lambda _: f(1)).run()
  jobs/a.py:3 in f
    2 |     y = 1
    3 |     return x // 0
ZeroDivisionError: integer division or modulo by zero"
    );
    assert_eq!(
        it.error,
        "ZeroDivisionError: integer division or modulo by zero"
    );
    assert!(it.styled().contains('\x1b'));
}

#[test]
fn a_list_of_lines_is_a_traceback() {
    let list = "['Traceback (most recent call last):\\n', '  File \"<string>\", line 3, in g\\n', \"ValueError: it's bad\\n\"]";
    let it = Traceback::parse(list);
    assert_eq!(
        (it.frames.len(), it.error.as_str()),
        (1, "ValueError: it's bad")
    );
    let on_a_shard = Traceback::parse(&format!("{list} (on the shard abc)"));
    assert!(
        on_a_shard
            .to_string()
            .starts_with("on the shard abc:\n  <string>:3 in g\n")
    );
}

#[test]
fn sources_and_marks_of_python_are_kept() {
    let it = Traceback::parse(
        "Traceback (most recent call last):\n  File \"/usr/lib/x.py\", line 10, in g\n    return h(y)\n           ~~^\nspam.Error: a\nb\n",
    );
    assert_eq!(it.frames[0].source.as_deref(), Some("return h(y)"));
    assert_eq!(
        it.to_string(),
        "  /usr/lib/x.py:10 in g\n    10 | return h(y)\n       |        ^^^\nspam.Error: a\nb"
    );
    assert_eq!(it.error, "spam.Error: a\nb");
}

#[test]
fn frames_of_a_group_of_exceptions_show_their_lines() {
    let text = "  + Exception Group Traceback (most recent call last):\n  |   File \"<string>\", line 3, in f\n  | ExceptionGroup: two (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n";
    let it = Traceback::parse(text).with_source(SCRIPT, &script());
    assert!(
        it.to_string()
            .contains("    3 |     return x // 0\n  | ExceptionGroup"),
        "{it}"
    );
}

#[test]
fn errors_of_the_parser_have_their_line() {
    let it = Traceback::parse(
        "Error type: <class 'SyntaxError'>, Value: '(' was never closed (<string>, line 1)",
    )
    .with_source(
        SCRIPT,
        &Source {
            name: "-c".to_owned(),
            text: "x = (".to_owned(),
        },
    );
    assert_eq!(
        it.to_string(),
        "  -c:1\n    1 | x = (\nSyntaxError: '(' was never closed (<string>, line 1)"
    );
}

#[test]
fn a_gear_in_rust_has_its_own_lines() {
    let line = r#"GEARERROR {"trigger":"t","exception":"KeyError","message":"'x'","frames":[{"file":"src/a.rs","line":7,"function":"t","source":"    d['x']","columns":[4,10],"own":true}]}"#;
    let it = Traceback::parse(line);
    assert_eq!(
        it.to_string(),
        "  src/a.rs:7 in t\n    7 |     d['x']\n      |     ^^^^^^\nKeyError: 'x'"
    );
}

#[test]
fn passwords_in_addresses_are_not_shown() {
    let source = Source {
        name: "a.py".to_owned(),
        text: "get('http://me:pw@host/')\n".to_owned(),
    };
    let it = Traceback::parse(
        "Traceback (most recent call last):\n  File \"<string>\", line 1, in f\nOSError: no http://me:pw@host/\n",
    )
    .with_source(SCRIPT, &source);
    let json = serde_json::to_string(&it).unwrap();
    for shown in [it.to_string(), json] {
        assert!(
            shown.contains("***@host") && !shown.contains("pw"),
            "{shown}"
        );
    }
}

#[test]
fn a_message_alone_and_chained_errors_stay() {
    assert_eq!(Traceback::parse("ERR spam").to_string(), "ERR spam");
    let chained = format!(
        "{TEXT}\nDuring handling of the above exception, another exception occurred:\n\n{TEXT}"
    );
    let it = Traceback::parse(&chained);
    assert_eq!(it.frames.len(), 4);
    assert!(it.to_string().contains("\nDuring handling of"), "{it}");
    assert_eq!(Traceback::parse("a\x1b[2Jb").to_string(), "a\\x1b[2Jb");
    // A list that is no list of lines.
    assert_eq!(Traceback::parse("[1, 2]").to_string(), "[1, 2]");
}
