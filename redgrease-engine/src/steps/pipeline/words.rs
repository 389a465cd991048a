//! The words of a text, as Python's `str.split()` finds them.

/// The ASCII characters that `str.split()` takes for white space.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f)
}

/// The words of a text, the last one first. `None` for a text that is not ASCII: other characters may be white space as well.
pub(super) fn words_backwards(text: &[u8]) -> Option<impl Iterator<Item = &str>> {
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.is_ascii())?;
    let is_space = |character: char| u8::try_from(character).is_ok_and(is_space);
    Some(text.rsplit(is_space).filter(|word| !word.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{eval, with_python};
    use proptest::prelude::*;
    use pyo3::prelude::*;

    fn words(text: &str) -> Option<Vec<&str>> {
        words_backwards(text.as_bytes()).map(Iterator::collect)
    }

    #[test]
    fn words_come_backwards() {
        assert_eq!(words("a b  cd "), Some(vec!["cd", "b", "a"]));
        assert_eq!(words(" \t\r\n"), Some(vec![]));
        assert_eq!(words(""), Some(vec![]));
    }

    #[test]
    fn other_characters_are_left_to_python() {
        for text in ["a\u{a0}b", "\u{2003}", "\u{e9}"] {
            assert_eq!(words(text), None);
        }
        assert!(words_backwards(b"a \xff").is_none());
    }

    #[test]
    fn each_ascii_character_splits_as_in_python() {
        for byte in 0..128_u8 {
            let text = format!("a{}b", char::from(byte));
            assert_eq!(
                words(&text),
                Some(split(&text).iter().map(String::as_str).collect())
            );
        }
    }

    fn split(text: &str) -> Vec<String> {
        with_python(|py| {
            let words: Vec<String> = eval(py, "lambda text: text.split()[::-1]")
                .call1((text,))
                .unwrap()
                .extract()
                .unwrap();
            words
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn words_are_those_of_python(text in "[a-c \t\n\x0b\x1c\x1f\x7f]{0,12}") {
            let expected = split(&text);
            prop_assert_eq!(words(&text), Some(expected.iter().map(String::as_str).collect()));
        }
    }
}
