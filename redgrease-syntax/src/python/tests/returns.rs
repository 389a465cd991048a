//! Functions that never return a value.

use super::body;
use crate::{Source, examine};

fn found(lines: &str) -> Vec<String> {
    let text = body(lines);
    let source = Source::body("gear", &["url"], &text).result(Some("i64"));
    let findings = examine(&source).findings;
    let show = |one: &crate::Finding| format!("{:?} -> {one}", &text[one.range.clone()]);
    findings.iter().map(show).collect()
}

#[test]
fn without_a_value() {
    for (text, place) in [
        ("pass", "pass"),
        ("cmd.incr(url)", "cmd.incr(url)"),
        ("execute(\"INCR\", url)", "execute(\"INCR\", url)"),
        ("cmd.incr(url)\nreturn", "return"),
        ("return None", "return None"),
        (
            "x = 1\nif x:\n    raise KeyError(url)",
            "if x:\n            raise KeyError(url)",
        ),
        (
            "def inner():\n    return 1\nprint(inner())",
            "print(inner())",
        ),
        ("f = lambda: (yield)", "f = lambda: (yield)"),
        (
            "with atomic():\n    cmd.incr(url)",
            "with atomic():\n            cmd.incr(url)",
        ),
        (
            "for k in url:\n    cmd.get(k)",
            "for k in url:\n            cmd.get(k)",
        ),
        (
            "try:\n    cmd.incr(url)\nexcept ValueError:\n    raise",
            "try:\n            cmd.incr(url)\n        except ValueError:\n            raise",
        ),
        (
            "if url:\n    raise KeyError\nelse:\n    pass",
            "if url:\n            raise KeyError\n        else:\n            pass",
        ),
        ("await url", "await url"),
    ] {
        let expected = format!(
            "{place:?} -> this Python never returns a value, but the result of the gear is `i64`: write `return ..`, or remove `-> ..` from the Rust function"
        );
        assert_eq!(found(text), [expected], "{text}");
    }
}

#[test]
fn with_a_value_or_without_an_end() {
    for fine in [
        "return 1",
        "if url:\n    return 1",
        "for k in url:\n    return k",
        "try:\n    pass\nfinally:\n    return 1",
        "with atomic():\n    return cmd.incr(url)",
        "raise NotImplementedError",
        "if url:\n    raise KeyError\nelse:\n    raise ValueError",
        "while True:\n    cmd.get(url)",
        "try:\n    raise KeyError\nexcept ValueError:\n    pass",
        "assert False",
        "import sys\nsys.exit()",
        "def fail():\n    raise KeyError\nfail()",
        "exit()",
        "with atomic():\n    raise KeyError",
        "pass  # redgrease: allow(no-return)",
    ] {
        assert_eq!(found(fine), [""; 0], "{fine}");
    }
    // A result that can be `None`.
    let text = body("pass");
    let source = Source::body("gear", &["url"], &text);
    assert_eq!(examine(&source).findings.len(), 0);
}
