//! Words for a shell: for lines that users copy, and for scripts.

use std::path::Path;

/// A path as one word of a shell. Quotes are added only where the shell would read the path otherwise.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use crate::steps;
    use std::path::Path;
    use std::process::Command;

    #[test]
    fn a_shell_reads_the_path_as_it_is() {
        for path in [
            "/home/me/redgrease.so",
            "/home/my self/a.so",
            "it's/b.so",
            "/a/$HOME/`id`/\"c\".so",
            "/a;b/~/*.so",
            "",
        ] {
            let line = format!("printf %s. {}", quoted(Path::new(path)));
            let said = steps::output(Command::new("sh").args(["-c", &line]));
            assert_eq!(said.as_deref(), Some(&*format!("{path}.")), "{line}");
        }
        assert_eq!(quoted(Path::new("/usr/lib/a-1.so")), "/usr/lib/a-1.so");
    }
}
