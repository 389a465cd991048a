//! Texts of a server, made safe for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Replaces the characters that would move the cursor, change colours or turn the direction of text around. Line breaks and tabs
/// stay.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_refused) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_refused(c) {
            escape(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// [`clean`], in one line: line breaks and tabs become spaces.
pub(crate) fn one_line(text: &str) -> String {
    clean(text.trim_end())
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// [`clean`] for bytes. What is no text is shown as `\xff`.
pub(crate) fn clean_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&clean(chunk.valid()));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

fn is_refused(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Marks that turn the direction of text around.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let _ = if code < 0x100 {
        write!(out, "\\x{code:02x}")
    } else {
        write!(out, "\\u{{{code:x}}}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(
            clean("a\x1b[31mb\r\n\tc\u{9b}d"),
            "a\\x1b[31mb\\x0d\n\tc\\x9bd"
        );
        assert_eq!(clean("x\u{202e}y"), "x\\u{202e}y");
        assert!(matches!(clean("gr\u{fc}n"), Cow::Borrowed(_)));
        assert_eq!(one_line("a\nb\tc\x07\n"), "a b c\\x07");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_numbers() {
        assert_eq!(clean_bytes(b"a\xff\xc3\xbc\x00"), "a\\xff\u{fc}\\x00");
    }
}
