//! Words for lines that users copy into a shell.

use std::path::Path;

/// A path as one word of a shell. Quotes are added only where the shell would read the path otherwise.
pub(crate) fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::shell_word;
    use std::path::Path;

    #[test]
    fn only_odd_paths_have_quotes() {
        for (path, word) in [
            ("/usr/lib/a-1.so", "/usr/lib/a-1.so"),
            ("/my self/a", "'/my self/a'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }
}
