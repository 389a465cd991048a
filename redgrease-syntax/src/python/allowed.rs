//! Comments that allow what a check refuses: `# redgrease: allow(unknown-import)`.
//!
//! The comment stands at the end of a line of the finding, or alone on the line above.

use super::comments::allows;
use crate::{ALLOWABLE, Source};
use std::ops::Range;

/// Whether the gear or a comment allows a finding of this kind at a range of the text.
pub(super) fn is_allowed(source: &Source<'_>, range: &Range<usize>, code: &str) -> bool {
    ALLOWABLE.contains(&code)
        && (source.allowed.contains(&code) || is_commented(source.text, range, code))
}

fn is_commented(text: &str, range: &Range<usize>, code: &str) -> bool {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..]
        .find('\n')
        .map_or(text.len(), |at| range.end + at);
    let above = text[..start]
        .trim_end_matches('\n')
        .lines()
        .next_back()
        .unwrap_or_default();
    let above = above.trim_start().starts_with('#').then_some(above);
    text[start..end]
        .lines()
        .chain(above)
        .any(|line| allows(line, code))
}

#[cfg(test)]
mod tests {
    use super::{is_allowed, is_commented};
    use crate::Source;

    #[test]
    fn the_comment_is_on_the_line_or_above() {
        let code = "unknown-import";
        for (text, expected) in [
            ("import x  # redgrease: allow(unknown-import)", true),
            (
                "import x  # redgrease: allow(unknown-method, unknown-import)",
                true,
            ),
            ("# redgrease: allow(unknown-import)\nimport x", true),
            ("  #  redgrease: allow(unknown-import)\n  import x\n", true),
            ("import x  # redgrease: allow(unknown-method)", false),
            ("import x  # redgrease: allow(unknown-imports)", false),
            ("y()  # redgrease: allow(unknown-import)\nimport x", false),
            ("import x\n# redgrease: allow(unknown-import)", false),
            ("import x; \"redgrease: allow(unknown-import)\"", false),
        ] {
            let at = text.find("import x").unwrap();
            assert_eq!(is_commented(text, &(at..at + 8), code), expected, "{text}");
        }
        let source = Source::shared("m", "x # redgrease: allow(syntax)");
        assert!(!is_allowed(&source, &(0..1), "syntax"));
    }

    #[test]
    fn the_gear_allows() {
        let source = Source::shared("m", "import x").allowed(&["unknown-import"]);
        assert!(is_allowed(&source, &(7..8), "unknown-import"));
        assert!(!is_allowed(&source, &(7..8), "unknown-method"));
    }
}
