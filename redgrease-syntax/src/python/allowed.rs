//! Comments that allow what a check refuses: `# redgrease: allow(unknown-import)`.
//!
//! The comment stands at the end of a line of the finding, or alone above this line, or above the statement. Other comments
//! may stand between.

use super::Glued;
use super::comments::allows;
use crate::{ALLOWABLE, Source};
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::Ranged;
use std::ops::Range;

/// The statements of a text. Of a statement with a block it is the part in front of the block.
pub(super) struct Statements(Vec<Range<usize>>);

impl Statements {
    pub(super) fn new(glued: &Glued<'_>, tokens: &Tokens) -> Self {
        let mut all = Vec::new();
        let mut begin = None;
        for token in tokens {
            match token.kind() {
                TokenKind::Newline => {
                    let end = token.end().to_usize();
                    all.extend(begin.take().map(|begin| glued.own(begin..end)));
                }
                TokenKind::Comment
                | TokenKind::NonLogicalNewline
                | TokenKind::Indent
                | TokenKind::Dedent => {}
                _ => {
                    begin.get_or_insert(token.start().to_usize());
                }
            }
        }
        Statements(all)
    }

    /// The beginning of the statement at a place.
    fn beginning(&self, at: usize) -> Option<usize> {
        let index = self.0.partition_point(|one| one.end <= at);
        let start = self.0.get(index)?.start;
        (start <= at).then_some(start)
    }
}

/// Whether the gear or a comment allows a finding of this kind at a range of the text.
pub(super) fn is_allowed(
    source: &Source<'_>,
    statements: &Statements,
    range: &Range<usize>,
    code: &str,
) -> bool {
    ALLOWABLE.contains(&code)
        && (source.allowed.contains(&code) || is_commented(source.text, statements, range, code))
}

fn is_commented(text: &str, statements: &Statements, range: &Range<usize>, code: &str) -> bool {
    let start = line_start(text, range.start);
    let end = text[range.end..]
        .find('\n')
        .map_or(text.len(), |at| range.end + at);
    let beginning = statements.beginning(range.start);
    text[start..end]
        .lines()
        .chain(comments_above(text, start))
        .chain(
            beginning
                .into_iter()
                .flat_map(|at| comments_above(text, line_start(text, at))),
        )
        .any(|line| allows(line, code))
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// The lines directly above a line that have only a comment, or nothing.
fn comments_above(text: &str, start: usize) -> impl Iterator<Item = &str> {
    text[..start].lines().rev().take_while(|line| {
        let code = line.trim_start();
        code.is_empty() || code.starts_with('#')
    })
}

#[cfg(test)]
mod tests {
    use super::{Statements, is_allowed, is_commented};
    use crate::Source;

    const NONE: Statements = Statements(Vec::new());

    #[test]
    fn the_statement_of_a_place() {
        let statements = Statements(vec![2..5, 8..9]);
        let found: Vec<_> = [0, 2, 4, 5, 8, 9].map(|at| statements.beginning(at)).into();
        assert_eq!(found, [None, Some(2), Some(2), None, Some(8), None]);
    }

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
            assert_eq!(
                is_commented(text, &NONE, &(at..at + 8), code),
                expected,
                "{text}"
            );
        }
        let source = Source::shared("m", "x # redgrease: allow(syntax)");
        assert!(!is_allowed(&source, &NONE, &(0..1), "syntax"));
    }

    #[test]
    fn the_gear_allows() {
        let source = Source::shared("m", "import x").allowed(&["unknown-import"]);
        assert!(is_allowed(&source, &NONE, &(7..8), "unknown-import"));
        assert!(!is_allowed(&source, &NONE, &(7..8), "unknown-method"));
    }
}
