//! Long texts on a terminal.

use unicode_width::UnicodeWidthStr as _;

/// The space that a text needs beside its margin. On a narrower terminal the text has no margin.
const LEAST: usize = 30;

/// A text behind a margin that is already written. On a terminal its further lines get the same margin; elsewhere it is one line.
pub(crate) fn behind_margin(text: &str, margin: usize) -> String {
    match comfy_table::Table::new().width() {
        Some(width) => wrapped(text, margin, width.into()),
        None => text.to_owned(),
    }
}

fn wrapped(text: &str, margin: usize, width: usize) -> String {
    // The first line stands behind what is written there.
    let indent = if width >= margin + LEAST { margin } else { 0 };
    let mut out = String::new();
    let mut at = margin;
    for word in text.split(' ') {
        let needed = word.width();
        if out.is_empty() {
            at += needed;
        } else if at + 1 + needed <= width {
            out.push(' ');
            at += 1 + needed;
        } else {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            at = indent + needed;
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn further_lines_have_the_margin() {
        let text = "one two three four five six seven";
        assert_eq!(
            wrapped(text, 10, 40),
            "one two three four five six\n          seven"
        );
        assert_eq!(wrapped(text, 10, 200), text);
        // A word that fits nowhere has a line of its own.
        assert_eq!(wrapped("a/very/long/path b", 4, 10), "a/very/long/path\nb");
        assert_eq!(wrapped("漢漢 漢漢", 0, 8), "漢漢\n漢漢");
        assert_eq!(wrapped("", 3, 40), "");
    }
}
