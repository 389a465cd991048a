//! Checks the text of a requirement and reads the project name from it.

use super::error::{InstallError, InstallErrorKind};
use super::shown::without_credentials;

/// Longest accepted requirement in bytes: long enough for real ones, short enough for a command
/// line.
const LONGEST: usize = 4096;

/// Refuses texts that must not reach pip's command line.
///
/// pip would take a text that starts with `-` for an option, and an option can name any file or
/// index.
pub(super) fn check(name: &str) -> Result<(), InstallError> {
    let problem = if name.trim().is_empty() {
        "is empty"
    } else if name.trim_start().starts_with('-') {
        "starts with `-`, and options are not allowed here"
    } else if name.chars().any(char::is_control) {
        "contains a control character"
    } else if name.len() > LONGEST {
        "is longer than 4096 bytes"
    } else {
        return Ok(());
    };
    let shown: String = without_credentials(name)
        .chars()
        .filter(|c| !c.is_control())
        .take(80)
        .collect();
    Err(InstallError::line(
        InstallErrorKind::Refused,
        format!(
            "the requirement `{shown}` {problem}: give a package name with an optional version, \
             such as `requests>=2.31`"
        ),
    ))
}

/// The normalised name of the project in a requirement. `None` for a bare address or path.
pub(super) fn project(requirement: &str) -> Option<String> {
    let text = requirement.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    // A project name may be followed by extras, a version, an address, a marker, or nothing. Any
    // other character makes the text an address or a path (`git+https://..`, `./folder`).
    let named = matches!(
        rest.trim_start().chars().next(),
        None | Some('[' | '(' | '=' | '<' | '>' | '!' | '~' | '@' | ';')
    );
    let is_file = has_archive_extension(name);
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    (named && starts_well && !is_file).then(|| normalize(name))
}

fn has_archive_extension(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2"]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// Normalises a project name: `Foo__Bar` and `foo.bar` become `foo-bar`.
pub(super) fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !normal.ends_with('-') {
                normal.push('-');
            }
        } else {
            normal.push(c.to_ascii_lowercase());
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_odd_texts_are_refused() {
        for bad in [
            "",
            "  ",
            "-r x",
            "--index-url=http://x",
            " -e .",
            "a\nb",
            "a\0",
            "é\u{7}",
        ] {
            let error = check(bad).unwrap_err();
            assert_eq!(error.kind(), InstallErrorKind::Refused, "{bad:?}");
            assert!(!error.to_string().contains(char::is_control), "{bad:?}");
        }
        assert!(check(&"a".repeat(LONGEST + 1)).is_err());
        for good in [
            "six",
            "six==1.16.0",
            "a[b,c]>=1,<2; python_version > '3'",
            "a @ https://x/y",
        ] {
            check(good).unwrap();
        }
    }

    #[test]
    fn a_refusal_does_not_show_a_password() {
        let error = check("-i https://joe:secret@host/simple").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn the_project_is_read_from_any_spelling() {
        for (text, expected) in [
            ("six", Some("six")),
            ("  Six ==1.0", Some("six")),
            ("RedGrease[runtime]>=0.3", Some("redgrease")),
            ("red_grease", Some("red-grease")),
            ("zope.interface~=5", Some("zope-interface")),
            ("a-_.b", Some("a-b")),
            ("redgrease@https://x/y.whl", Some("redgrease")),
            ("six; python_version > '3'", Some("six")),
            ("git+https://x/y", None),
            ("https://x/y.whl", None),
            ("./folder", None),
            ("six-1.0-py3-none-any.whl", None),
            ("a b", None),
        ] {
            assert_eq!(project(text).as_deref(), expected, "{text}");
        }
    }
}
