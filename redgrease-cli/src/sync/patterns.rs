//! Which files count, and as what.

use super::config_file::Place;
use crate::failure::Failure;
use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;
use std::path::Path;

pub(super) struct Patterns {
    scripts: Glob,
    requirements: Glob,
    ignored: Vec<Glob>,
    unblocking: Option<Regex>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Script,
    Requirements,
}

/// A glob for names. With a `/` it is for the path below the directory that was given.
pub(super) struct Glob {
    matcher: GlobMatcher,
    is_path: bool,
}

impl Glob {
    pub(super) fn new(pattern: &str, place: &Place) -> Result<Self, Failure> {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        let glob = glob.map_err(|error| {
            Failure::usage(format!(
                "{place} is no pattern: {error}: write a pattern such as *.py"
            ))
        })?;
        Ok(Glob {
            matcher: glob.compile_matcher(),
            is_path: pattern.contains('/'),
        })
    }

    fn is_match(&self, path: &Path) -> bool {
        if self.is_path {
            self.matcher.is_match(path)
        } else {
            path.file_name()
                .is_some_and(|name| self.matcher.is_match(name))
        }
    }
}

impl Patterns {
    pub(super) fn new(
        scripts: Glob,
        requirements: Glob,
        ignored: Vec<Glob>,
        unblocking: Option<Regex>,
    ) -> Self {
        Patterns {
            scripts,
            requirements,
            ignored,
            unblocking,
        }
    }

    /// What the file at a path is, in a directory that was given; `None` if it does not count.
    pub(super) fn kind(&self, path: &Path) -> Option<Kind> {
        if self.is_ignored(path) {
            None
        } else if self.requirements.is_match(path) {
            Some(Kind::Requirements)
        } else if self.scripts.is_match(path) {
            Some(Kind::Script)
        } else {
            None
        }
    }

    /// What a file is that was given itself: a script, whatever its name is, unless it is a file of requirements.
    pub(super) fn kind_of_given(&self, path: &Path) -> Option<Kind> {
        if self.is_ignored(path) {
            None
        } else if self.requirements.is_match(path) {
            Some(Kind::Requirements)
        } else {
            Some(Kind::Script)
        }
    }

    /// Whether a file or directory is left out. Hidden ones are: editors keep their locks and copies there.
    pub(super) fn is_ignored(&self, path: &Path) -> bool {
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        is_hidden || self.ignored.iter().any(|glob| glob.is_match(path))
    }

    /// Whether the script at this path is sent with `UNBLOCKING`.
    pub(super) fn is_unblocking(&self, path: &str) -> bool {
        self.unblocking
            .as_ref()
            .is_some_and(|regex| regex.is_match(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str) -> Glob {
        Glob::new(pattern, &Place::Flag("--x")).unwrap()
    }

    fn patterns(ignored: &[&str]) -> Patterns {
        Patterns::new(
            glob("*.py"),
            glob("*requirements*.txt"),
            ignored.iter().map(|it| glob(it)).collect(),
            Some(Regex::new("unblock").unwrap()),
        )
    }

    #[test]
    fn names_decide() {
        let kind = |path: &str| patterns(&["_*"]).kind(Path::new(path));
        assert_eq!(kind("a.py"), Some(Kind::Script));
        assert_eq!(kind("sub/a.py"), Some(Kind::Script));
        assert_eq!(kind("requirements.txt"), Some(Kind::Requirements));
        assert_eq!(kind("x/dev-requirements-2.txt"), Some(Kind::Requirements));
        for path in [
            "a.txt",
            "a.pyc",
            "a.py~",
            "_a.py",
            "__init__.py",
            ".#a.py",
            ".a.py",
            "sub/_a.py",
        ] {
            assert_eq!(kind(path), None, "{path}");
        }
        assert_eq!(patterns(&[]).kind(Path::new("_a.py")), Some(Kind::Script));
    }

    #[test]
    fn a_pattern_with_a_slash_is_for_the_path() {
        let patterns = patterns(&["old/*", "**/deep/*.py"]);
        let kind = |path: &str| patterns.kind(Path::new(path));
        assert_eq!(kind("old/a.py"), None);
        assert_eq!(kind("a/deep/b.py"), None);
        assert_eq!(kind("old.py"), Some(Kind::Script));
        assert_eq!(kind("x/old/y/a.py"), Some(Kind::Script));
    }

    #[test]
    fn a_file_that_was_given_is_a_script() {
        let kind = |path: &str| patterns(&["_*"]).kind_of_given(Path::new(path));
        assert_eq!(kind("a.gear"), Some(Kind::Script));
        assert_eq!(kind("requirements.txt"), Some(Kind::Requirements));
        assert_eq!(kind("_a.py"), None);
    }

    #[test]
    fn the_pattern_of_unblocking_is_searched_in_the_path() {
        let patterns = patterns(&[]);
        assert!(patterns.is_unblocking("/x/unblocking/a.py"));
        assert!(patterns.is_unblocking("/x/a_unblock.py"));
        assert!(!patterns.is_unblocking("/x/blocking.py"));
    }

    #[test]
    fn a_wrong_pattern_names_its_place() {
        let error = Glob::new("[a", &Place::Environment("IGNORE"))
            .err()
            .unwrap();
        assert!(
            error
                .to_string()
                .starts_with("the environment variable IGNORE is no pattern: "),
            "{error}"
        );
    }
}
