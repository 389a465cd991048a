//! The names of a script: its path in the index, its key, and its session.

use serde::{Deserialize, Serialize};

/// What the session of a script says about itself, in its description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description {
    /// The prefix of the index.
    pub(super) sync: String,
    /// The path of the script in the index.
    pub(super) path: String,
    /// The hash of its text.
    pub(super) hash: String,
    /// The hash of its requirements.
    pub(super) requirements: String,
}

impl Description {
    /// `None` for a session that `sync` has not made.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn to_json(&self) -> String {
        // Texts always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The key of a script in the index. A path begins with `/`.
pub(super) fn key(prefix: &str, path: &str) -> String {
    format!("{prefix}{path}")
}

/// The session of a script: a readable part, and a hash that no other script has.
pub(super) fn session(prefix: &str, path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let readable: String = stem
        .chars()
        .take(40)
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let hash = hash_of(&format!("{prefix}\0{path}"));
    let short = (hash >> 64) ^ (hash & u128::from(u64::MAX));
    format!("sync-{readable}-{short:016x}")
}

/// FNV-1a of 128 bits in hexadecimal. It tells texts apart; it is not a cryptographic hash.
pub(super) fn hash(text: &str) -> String {
    format!("{:032x}", hash_of(text))
}

fn hash_of(text: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_have_names_that_servers_take() {
        let id = session("/redgrease/scripts", "/srv/gears/wörd count.py");
        assert!(id.starts_with("sync-w-rd-count-"), "{id}");
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
        assert_ne!(id, session("/other", "/srv/gears/wörd count.py"));
        assert_ne!(
            id,
            session("/redgrease/scripts", "/srv/other/wörd count.py")
        );
        assert!(session("", &"x".repeat(300)).len() < 70);
    }

    #[test]
    fn a_description_of_another_program_is_none_of_sync() {
        assert_eq!(Description::parse("nightly reports"), None);
        assert_eq!(
            Description::parse(r#"{"version":"1.0.0","hash":"x","gears":{}}"#),
            None
        );
        let own = Description {
            sync: "/p".to_owned(),
            path: "/a.py".to_owned(),
            hash: hash("x"),
            requirements: String::new(),
        };
        assert_eq!(Description::parse(&own.to_json()), Some(own));
    }
}
