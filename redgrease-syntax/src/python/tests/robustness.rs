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

fn check(text: &str) -> Result<(), TestCaseError> {
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
        check(&text)?;
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
        check(&words.concat())?;
        check(&format!("\n  {}", words.concat()))?;
    }
}
