//! Makes the output of installers fit to be shown: without secrets and control characters, and of limited length.

/// Most lines that an error shows.
pub(super) const SHOWN_LINES: usize = 8;
/// Most characters that an error shows of one line.
const SHOWN_CHARS: usize = 300;

/// Whether a line, without its indentation, reports an error.
pub(super) fn is_error(line: &str) -> bool {
    ["ERROR:", "error:", "fatal:", "\u{d7} "].iter().any(|start| line.starts_with(start))
        // This line says nothing: the lines around it name the process and the error.
        && line != "error: subprocess-exited-with-error"
}

/// Makes a line fit to be shown: without secrets and control characters, and of limited length.
pub(super) fn sanitize(line: &str) -> String {
    let clean = without_control(&without_credentials(line));
    let clean = clean.trim();
    if clean.chars().count() <= SHOWN_CHARS {
        return clean.to_owned();
    }
    clean
        .chars()
        .take(SHOWN_CHARS)
        .chain("...".chars())
        .collect()
}

/// Removes the colours of a terminal, and replaces other control characters by spaces. A bell, or a line that goes back to its
/// beginning, would change what a terminal shows of a log.
pub(super) fn without_control(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' && rest.next_if_eq(&'[').is_some() {
            // The sequence ends with the first letter.
            while rest.next_if(|c| !('@'..='~').contains(c)).is_some() {}
            rest.next();
        } else {
            clean.push(if c.is_control() { ' ' } else { c });
        }
    }
    clean
}

/// Replaces the secrets of every address by `****`: the user and the password, and the query, which may be a token.
///
/// A quotation mark may be a part of a password or a token, so a space alone ends an address.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let (word, end) = match word.char_indices().next_back() {
            Some((at, last)) if last.is_whitespace() => word.split_at(at),
            _ => (word, ""),
        };
        push_without_query(&mut masked, &without_login(word));
        masked.push_str(end);
    }
    masked
}

/// Replaces the user and the password in every address of a word.
fn without_login(word: &str) -> String {
    let mut masked = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        masked.push_str(before);
        let (authority, tail) = after.split_at(after.find('/').unwrap_or(after.len()));
        match authority.rfind('@') {
            Some(host) => {
                masked.push_str("****");
                masked.push_str(authority.get(host..).unwrap_or_default());
            }
            None => masked.push_str(authority),
        }
        rest = tail;
    }
    masked.push_str(rest);
    masked
}

/// Replaces the query of an address, or of a path as pip's errors show it without its server.
fn push_without_query(masked: &mut String, word: &str) {
    let Some(at) = word.find('?').filter(|&at| word[..at].contains('/')) else {
        return masked.push_str(word);
    };
    let (path, query) = word.split_at(at + 1);
    masked.push_str(path);
    let (query, end) = query.split_at(end_of_query(query));
    if !query.is_empty() {
        masked.push_str("****");
    }
    // The fragment names a package or a checksum.
    masked.push_str(query.find('#').map_or("", |at| &query[at..]));
    masked.push_str(end);
}

/// The place of the marks that stand behind a quoted address, such as `',`. The end of the word if it does not end with such.
fn end_of_query(query: &str) -> usize {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '<' | '>' | '`');
    let marks = query.trim_end_matches(|c: char| is_quote(c) || c.is_ascii_punctuation());
    let begin = marks.len();
    query[begin..]
        .find(is_quote)
        .map_or(query.len(), |at| begin + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        for (given, expected) in [
            ("no address", "no address"),
            ("https://host/x", "https://host/x"),
            ("a https://u:p@host/x b", "a https://****@host/x b"),
            ("git+ssh://git@host/x", "git+ssh://****@host/x"),
            ("https://u:p@ss@host:80", "https://****@host:80"),
            (
                "'https://u:p@h' https://t@i/",
                "'https://****@h' https://****@i/",
            ),
            ("https://host/a@b", "https://host/a@b"),
            (
                "p @ https://host/p.whl?access_token=T#sha256=1 ; x",
                "p @ https://host/p.whl?****#sha256=1 ; x",
            ),
            ("https://u:p@host?T", "https://****@host?****"),
            ("https://host/?a=b?c=d&e=T@f", "https://host/?****"),
            ("(from https://host/x?T)", "(from https://host/x?****"),
            ("'NewError': /p.whl?token=T", "'NewError': /p.whl?****"),
            ("['https://host/x?T', 'b']", "['https://host/x?****', 'b']"),
            ("https://host/x?", "https://host/x?"),
            ("what? a/b", "what? a/b"),
            ("x @ http://u:p'q@host/x.whl", "x @ http://****@host/x.whl"),
            (
                r#"{'name':'x @ http://u:p\'q"r<s@h/'}"#,
                "{'name':'x @ http://****@h/'}",
            ),
            ("x @ http://host/x.whl?a'b", "x @ http://host/x.whl?****"),
            (
                "{'name':'x @ http://h/x?a\"b#egg=x'}",
                "{'name':'x @ http://h/x?****#egg=x'}",
            ),
            ("://", "://"),
        ] {
            assert_eq!(without_credentials(given), expected);
        }
    }

    #[test]
    fn shown_lines_are_cleaned_and_limited() {
        let shown = sanitize(&format!("a\tb\u{1b}[31m{}", "x".repeat(1000)));
        assert!(!shown.contains(char::is_control));
        assert!(shown.chars().count() <= SHOWN_CHARS + 3);
        for (given, expected) in [
            ("\u{1b}[1;31merror\u{1b}[0m: x", "error: x"),
            ("a\tb\rc\u{7}\u{85}", "a b c  "),
            ("a\u{1b}", "a "),
            ("a\u{1b}[12", "a"),
            ("\u{1b}]0;title", " ]0;title"),
        ] {
            assert_eq!(without_control(given), expected);
        }
    }
}
