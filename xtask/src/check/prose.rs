//! The text that people read in a source file: comments, or a whole page of documentation.

use std::path::Path;

/// A line of text, with its 1-based number in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) text: &'a str,
}

/// The lines of comments or text in a file; `None` for a kind of file that is not checked.
pub(super) fn lines<'a>(path: &Path, source: &'a str) -> Option<Vec<Line<'a>>> {
    match path.extension()?.to_str()? {
        "rs" => Some(rust(source)),
        "md" => Some(markdown(source)),
        "toml" | "py" | "pyi" => Some(comments_after_hash(source)),
        _ => None,
    }
}

/// Everything but blocks of code.
fn markdown(source: &str) -> Vec<Line<'_>> {
    let mut in_code = false;
    numbered(source)
        .filter(|line| {
            let is_fence = line.text.trim_start().starts_with("```");
            in_code ^= is_fence;
            !in_code && !is_fence
        })
        .collect()
}

/// Comments of TOML and Python. A `#` in a string does not begin one.
fn comments_after_hash(source: &str) -> Vec<Line<'_>> {
    numbered(source)
        .filter_map(|Line { number, text }| {
            let mut quote = None;
            let begin = text.bytes().position(|byte| {
                match (quote, byte) {
                    (None, b'"' | b'\'') => quote = Some(byte),
                    (Some(open), _) if open == byte => quote = None,
                    _ => {}
                }
                quote.is_none() && byte == b'#'
            })?;
            let text = text[begin..].trim_start_matches('#');
            Some(Line { number, text })
        })
        .collect()
}

/// The comments `//`, `///`, `//!` and `/* .. */`.
fn rust(source: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut number = 1;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let end = match token(rest) {
            Token::LineComment(end) => {
                let text = rest[..end].trim_start_matches(['/', '!']);
                lines.push(Line { number, text });
                end
            }
            Token::BlockComment(end) => {
                let comment = rest[..end].lines().enumerate();
                lines.extend(comment.map(|(index, text)| Line {
                    number: number + index,
                    text: text.trim_matches(['/', '*', '!', ' ']),
                }));
                end
            }
            Token::Literal(end) => end,
            Token::Other => first.len_utf8(),
        };
        number += rest[..end].matches('\n').count();
        rest = &rest[end..];
    }
    lines
}

/// The first token of a piece of Rust, with the offset of its end.
enum Token {
    LineComment(usize),
    BlockComment(usize),
    /// A string or a character, which may hold `//`.
    Literal(usize),
    Other,
}

fn token(source: &str) -> Token {
    let length = source.len();
    let after = |skip: usize, end: &str| {
        let found = source.get(skip..).and_then(|rest| rest.find(end));
        found.map_or(length, |at| skip + at + end.len())
    };
    if source.starts_with("//") {
        Token::LineComment(source.find('\n').unwrap_or(length))
    } else if source.starts_with("/*") {
        Token::BlockComment(after(2, "*/"))
    } else if source.starts_with('"') {
        Token::Literal(end_of_string(source))
    } else if let Some(hashes) = raw_string(source) {
        let end = format!("\"{}", "#".repeat(hashes));
        Token::Literal(after(hashes + 2, &end))
    } else if source.starts_with("'\"'") {
        Token::Literal(3)
    } else if source.starts_with("'\\\"'") {
        Token::Literal(4)
    } else {
        Token::Other
    }
}

fn end_of_string(source: &str) -> usize {
    let mut escaped = false;
    let end = source.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(source.len(), |at| at + 2)
}

/// The number of hashes that a raw string begins with.
fn raw_string(source: &str) -> Option<usize> {
    let rest = source.strip_prefix('r')?;
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    rest[hashes..].starts_with('"').then_some(hashes)
}

fn numbered(source: &str) -> impl Iterator<Item = Line<'_>> {
    source.lines().enumerate().map(|(index, text)| Line {
        number: index + 1,
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &str, source: &str) -> Vec<(usize, String)> {
        lines(Path::new(path), source)
            .unwrap()
            .into_iter()
            .map(|line| (line.number, line.text.trim().to_owned()))
            .collect()
    }

    fn expected(lines: &[(usize, &str)]) -> Vec<(usize, String)> {
        lines
            .iter()
            .map(|&(n, text)| (n, text.to_owned()))
            .collect()
    }

    #[test]
    fn comments_of_rust_are_told_from_strings() {
        let source = "//! module\n\
            let a = \"redis://x\"; // first\n\
            let b = r#\"\n// in a raw \"string\"\n\"#; /// second\n\
            let c = '\"'; // third\n\
            let d = \"\\\" // no\";\n\
            /* block\n * of two */ let var = 1;\n";
        let found = expected(&[
            (1, "module"),
            (2, "first"),
            (5, "second"),
            (6, "third"),
            (8, "block"),
            (9, "of two"),
        ]);
        assert_eq!(texts("a.rs", source), found);
    }

    #[test]
    fn hashes_begin_comments_of_toml_and_python() {
        let source = "a = \"# no\" # yes\n[b]\n# alone";
        let found = expected(&[(1, "yes"), (3, "alone")]);
        assert_eq!(texts("a.toml", source), found);
        assert_eq!(texts("a.py", source), found);
    }

    #[test]
    fn code_of_a_page_is_skipped() {
        let source = "one\n```sh\ntwo\n```\nthree";
        assert_eq!(texts("a.md", source), expected(&[(1, "one"), (5, "three")]));
        assert!(lines(Path::new("a.json"), source).is_none());
    }
}
