//! Exceptions, and the places that they name.

use super::python::{Python, gear, pythons, spec};
use crate::gear::GearSpec;
use crate::{Codec, GearReply};

#[test]
fn exceptions_point_into_the_rust_file() {
    let body = "\n        d = {}\n        return d['a b']\n";
    let gear = gear(
        "lookup",
        GearSpec {
            ret: Codec::Int,
            ..spec("lookup", body)
        },
    );
    for program in pythons() {
        let mut python = Python::program(program.clone());
        python.register(&[gear]).unwrap();
        let error = python
            .call(
                &crate::Call::<i64>::of(gear, |_| Ok(()), i64::from_reply),
                false,
            )
            .unwrap_err();
        let raised = error.as_gear().unwrap();
        assert_eq!(
            (raised.exception.as_str(), raised.message.as_str()),
            ("KeyError", "'a b'")
        );
        let frame = raised.frame().unwrap();
        assert_eq!(
            (frame.file.as_str(), frame.line, frame.function.as_str()),
            ("src/gears.rs", 12, "lookup")
        );
        assert_eq!(frame.source.as_deref(), Some("        return d['a b']"));
        let shown = error.to_string();
        let plain = "gear `lookup`: KeyError: 'a b'\n  --> src/gears.rs:12 in lookup\n   |\n12 |         return d['a b']";
        match frame.columns {
            Some(columns) => {
                assert_eq!(columns, (15, 23), "{}", program.display());
                assert_eq!(shown, format!("{plain}\n   |                ^^^^^^^^"));
            }
            None => assert_eq!(shown, plain, "{}", program.display()),
        }
    }
}

#[test]
fn frames_of_libraries_are_kept_behind_those_of_the_gear() {
    let body = "\n import json\n return json.loads('{')\n";
    let gear = gear("parse", spec("parse", body));
    let mut python = Python::start();
    python.register(&[gear]).unwrap();
    let error = python
        .call(
            &crate::Call::<()>::of(gear, |_| Ok(()), <()>::from_reply),
            false,
        )
        .unwrap_err();
    let raised = error.as_gear().unwrap();
    assert_eq!(raised.exception, "json.decoder.JSONDecodeError");
    assert_eq!(raised.frame().unwrap().line, 12);
    assert!(raised.frames.len() > 1 && raised.frames.last().unwrap().file.ends_with("decoder.py"));
    assert!(error.to_string().contains("= raised in "), "{error}");
}

#[test]
fn a_script_the_server_cannot_compile_names_the_line() {
    let syntax = gear("broken", spec("broken", "\n    x = (1\n    return x +\n"));
    let newer = gear(
        "newer",
        GearSpec {
            python: (4, 0),
            ..spec("newer", " pass")
        },
    );
    let mut python = Python::start();
    let error = python.register(&[syntax]).unwrap_err();
    assert_eq!(error.as_gear().unwrap().exception, "SyntaxError");
    assert_eq!(error.as_gear().unwrap().frames[0].file, "src/gears.rs");
    let error = python.register(&[newer]).unwrap_err();
    assert!(
        error.to_string().contains("was checked for 4.0 or later"),
        "{error}"
    );
}

/// The program of a Python with groups of exceptions, or `None`.
pub(super) fn python_with_groups() -> Option<Python> {
    pythons().into_iter().find_map(|program| {
        let code = "import sys; sys.exit(sys.version_info < (3, 11))";
        let asked = std::process::Command::new(&program)
            .args(["-c", code])
            .status();
        asked
            .is_ok_and(|status| status.success())
            .then(|| Python::program(program))
    })
}

/// The error of a group of tasks says what the tasks raised, and where.
#[test]
fn a_group_has_the_reasons_of_its_exceptions() {
    let Some(mut python) = python_with_groups() else {
        return;
    };
    let mut raised = |body: &'static str| {
        let gear = gear("grouped", spec("grouped", body));
        python.register(&[gear]).unwrap();
        let call = crate::Call::<()>::of(gear, |_| Ok(()), <()>::from_reply);
        python
            .call(&call, false)
            .unwrap_err()
            .as_gear()
            .unwrap()
            .clone()
    };
    let error = raised(
        "\n def bad():\n  raise ValueError('inner reason')\n try:\n  bad()\n except ValueError as e:\n  raise ExceptionGroup('g', [e])\n",
    );
    assert_eq!(error.exception, "ExceptionGroup");
    assert_eq!(
        error.message,
        "g (1 sub-exception): ValueError: inner reason"
    );
    assert_eq!(
        error.frame().unwrap().source.as_deref(),
        Some("  raise ValueError('inner reason')")
    );
    let error = raised(
        " raise ExceptionGroup('g', [ExceptionGroup('h', [ValueError(1)]), KeyError(2), OSError(3), OSError(4)])",
    );
    assert_eq!(
        error.message,
        "g (4 sub-exceptions): ValueError: 1; KeyError: 2; OSError: 3; .."
    );
    assert!(error.frame().unwrap().own);
}

#[test]
fn every_exception_can_be_read() {
    let mut python = Python::start();
    let mut raised = |body: &'static str| {
        let gear = gear("raises", spec("raises", body));
        python.register(&[gear]).unwrap();
        let call = crate::Call::<()>::of(gear, |_| Ok(()), <()>::from_reply);
        let error = python.call(&call, false).unwrap_err();
        let raised = error.as_gear().unwrap_or_else(|| panic!("{error}"));
        (raised.exception.clone(), raised.message.clone())
    };
    let (_, message) =
        raised(" raise ValueError('half \\ud800 of a pair, \\0, 😀, two\\r\\nlines')");
    assert_eq!(message, "half \\ud800 of a pair, \0, 😀, two\r\nlines");
    let body = "\n class Odd(Exception):\n  def __str__(self): raise RuntimeError\n raise Odd()";
    assert_eq!(
        raised(body),
        ("not_main.Odd".into(), "its text cannot be shown".into())
    );
    let (_, message) = raised(" raise ValueError('x' * 1000000)");
    assert_eq!(message.len(), 20_000);
    assert_eq!(
        raised(" import sys; sys.exit('gone')"),
        ("SystemExit".into(), "gone".into())
    );
    assert_eq!(raised("\n def f(): f()\n f()").0, "RecursionError");
    assert_eq!(raised(" assert 1 > 2").0, "AssertionError");
}
