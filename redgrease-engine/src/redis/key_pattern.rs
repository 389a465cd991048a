//! Patterns of the names of keys.

use redgrease_syntax::glob_matches;

#[derive(Debug)]
pub(super) enum Pattern {
    Everything,
    Prefix(Vec<u8>),
    Glob(Vec<u8>),
}

impl Pattern {
    pub(super) fn new(glob: &[u8]) -> Pattern {
        let special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\');
        match glob.split_last() {
            Some((b'*', [])) => Pattern::Everything,
            Some((b'*', prefix)) if !prefix.iter().any(special) => Pattern::Prefix(prefix.to_vec()),
            _ => Pattern::Glob(glob.to_vec()),
        }
    }

    pub(super) fn matches(&self, key: &[u8]) -> bool {
        match self {
            Pattern::Everything => true,
            Pattern::Prefix(prefix) => key.starts_with(prefix),
            Pattern::Glob(glob) => glob_matches(glob, key),
        }
    }
}
