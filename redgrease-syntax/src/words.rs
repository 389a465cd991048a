//! Keywords and identifiers of Python.

/// Words that are not names in any known Python version.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Whether Python reserves the word, so that it cannot be a name.
///
/// ```
/// assert!(redgrease_syntax::is_keyword("lambda"));
/// // Soft keywords can be names.
/// assert!(!redgrease_syntax::is_keyword("match"));
/// ```
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Whether the text can be the name of a Python function or argument.
///
/// The check accepts a few more characters than Python does outside of ASCII.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(starts_name)
        && chars.all(continues_name)
        && !is_keyword(text)
        && text != "__debug__"
}

pub(crate) fn starts_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

pub(crate) fn continues_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::{is_identifier, is_keyword};

    #[test]
    fn keywords_are_not_identifiers() {
        for word in ["lambda", "None", "async", "nonlocal"] {
            assert!(is_keyword(word) && !is_identifier(word), "{word}");
        }
    }

    #[test]
    fn identifiers() {
        for word in [
            "url",
            "_",
            "type",
            "match",
            "naïve",
            "變數",
            "x9",
            "__class__",
        ] {
            assert!(is_identifier(word), "{word}");
        }
        for word in ["", "9x", "a b", "a-b", "__debug__", "a.b"] {
            assert!(!is_identifier(word), "{word}");
        }
    }
}
