//! The form for people: the message, the place, and the line of the source with a mark below it.

use crate::check::mistake::{Mistake, Place};
use crate::failure::Failure;
use crate::output::{BAD, BOLD, Output, clean};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

const FRAME: Style = AnsiColor::Blue.on_default().bold();
/// The width of a tab.
const TAB: &str = "    ";

pub(in crate::check) fn text(out: &Output, mistakes: &[Mistake]) -> Result<(), Failure> {
    for mistake in mistakes {
        out.line(shown(mistake))?;
    }
    Ok(())
}

fn shown(mistake: &Mistake) -> String {
    let Place { line, column, .. } = mistake.place;
    let (source, mark) = marked(&mistake.place);
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let mut message = mistake.message.lines();
    let first = printable(message.next().unwrap_or_default());
    let file = printable(&mistake.file);
    let mut shown = format!(
        "{BAD}error[{}]{BAD:#}{BOLD}: {first}{BOLD:#}\n\
         {margin}{FRAME}-->{FRAME:#} {file}:{line}:{column}\n\
         {margin} {FRAME}|{FRAME:#}\n\
         {FRAME}{number} |{FRAME:#} {source}\n\
         {margin} {FRAME}|{FRAME:#} {BAD}{mark}{BAD:#}\n",
        mistake.code
    );
    // The message of a macro may show the Python that it is about.
    for line in message {
        // A `String` takes all that is written.
        let _ = writeln!(shown, "{margin} {FRAME}|{FRAME:#} {}", printable(line));
    }
    shown
}

/// The line of the source, and the mark below it. Wide characters have wide marks.
fn marked(place: &Place) -> (String, String) {
    let source = place.source.as_str();
    let end = if place.end_line > place.line {
        source.chars().count() + 1
    } else {
        place.end_column
    };
    let part = |from: usize, to: usize| -> String {
        let chars = source.chars().skip(from - 1);
        printable(&chars.take(to.saturating_sub(from)).collect::<String>())
    };
    let before = part(1, place.column);
    let within = part(place.column, end);
    let width = unicode_width::UnicodeWidthStr::width;
    let mark = format!(
        "{}{}",
        " ".repeat(width(before.as_str())),
        "^".repeat(width(within.as_str()).max(1))
    );
    (printable(source).trim_end().to_owned(), mark)
}

/// A text of a file without what moves the cursor.
fn printable(text: &str) -> String {
    clean(text).replace('\t', TAB)
}

#[cfg(test)]
mod tests {
    use super::shown;
    use crate::check::mistake::{Mistake, Place};

    fn plain(text: &str, range: std::ops::Range<usize>, message: &str) -> String {
        let mistake = Mistake {
            file: "a.py".to_owned(),
            place: Place::of(text, &range),
            code: "kind".to_owned(),
            message: message.to_owned(),
        };
        anstream::adapter::strip_str(&shown(&mistake)).to_string()
    }

    #[test]
    fn the_mark_is_below_the_place() {
        assert_eq!(
            plain("x = 1\n\ty = 漢 + kye\n", 17..20, "wrong: right"),
            "error[kind]: wrong: right\n --> a.py:2:10\n  |\n2 |     y = 漢 + kye\n  |              ^^^\n"
        );
        let several = plain("f(a,\n  b)\n", 0..9, "wrong\nmore");
        assert!(
            several.contains("1 | f(a,\n  | ^^^^\n  | more\n"),
            "{several}"
        );
        let end = plain("", 0..0, "nothing");
        assert!(end.contains("1 | \n  | ^\n"), "{end}");
    }

    #[test]
    fn nothing_moves_the_cursor() {
        let text = plain("x\x1b[2J = \u{9b}y", 0..1, "a\x1b[31m");
        assert!(!text.contains(['\x1b', '\u{9b}']), "{text:?}");
    }
}
