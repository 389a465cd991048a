//! The index: one key for each script in the server, a hash as the Python program keeps it.
//!
//! | field | value |
//! |---|---|
//! | `registration_id` | the ids of the registrations, with commas between them; empty for a job |
//! | `last_updated` | the time in UTC |
//! | `session` | the session of the script |
//! | `hash`, `requirements` | what the text and the requirements were |
//! | `script` | the text, for `diff` |

use super::clock::utc;
use super::identity::{Description, key};
use crate::failure::Failure;
use redgrease_core::Con;
use std::time::SystemTime;

const REGISTRATIONS: &str = "registration_id";
const HASH: &str = "hash";
const REQUIREMENTS: &str = "requirements";
const SCRIPT: &str = "script";

/// What the index says about a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) registrations: Vec<String>,
    pub(super) hash: Option<String>,
    pub(super) requirements: Option<String>,
}

/// The fields of an entry that are read.
type Row = (Option<String>, Option<String>, Option<String>);

/// Keys that are asked for at the same time.
const AT_ONCE: usize = 200;

/// The entries of scripts, `None` where the index has no key.
pub(super) fn read<'a>(
    con: &mut Con,
    prefix: &str,
    paths: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Option<Entry>>, Failure> {
    let keys: Vec<String> = paths.into_iter().map(|path| key(prefix, path)).collect();
    let mut entries = Vec::new();
    for keys in keys.chunks(AT_ONCE) {
        let mut pipe = redis::pipe();
        for key in keys {
            pipe.cmd("HMGET")
                .arg(key)
                .arg(&[REGISTRATIONS, HASH, REQUIREMENTS]);
        }
        let rows: Vec<Row> = pipe.query(con).map_err(about_index)?;
        entries.extend(rows.into_iter().map(|(ids, hash, requirements)| {
            let ids = ids?;
            Some(Entry {
                registrations: ids
                    .split(',')
                    .filter(|id| !id.is_empty())
                    .map(str::to_owned)
                    .collect(),
                hash,
                requirements,
            })
        }));
    }
    Ok(entries)
}

/// Writes the entry of a script.
pub(super) fn write(
    con: &mut Con,
    description: &Description,
    session: &str,
    registrations: &[String],
    text: &str,
) -> Result<(), Failure> {
    let mut cmd = redis::cmd("HSET");
    cmd.arg(key(&description.sync, &description.path)).arg(&[
        (REGISTRATIONS, registrations.join(",").as_str()),
        ("last_updated", &utc(SystemTime::now())),
        ("session", session),
        (HASH, &description.hash),
        (REQUIREMENTS, &description.requirements),
        (SCRIPT, text),
    ]);
    cmd.query(con).map_err(about_index)
}

pub(super) fn remove(con: &mut Con, prefix: &str, path: &str) -> Result<(), Failure> {
    redis::cmd("DEL")
        .arg(key(prefix, path))
        .query(con)
        .map_err(about_index)
}

/// The text that a script had when it was sent.
pub(super) fn text(con: &mut Con, prefix: &str, path: &str) -> Result<Option<String>, Failure> {
    let mut cmd = redis::cmd("HGET");
    cmd.arg(key(prefix, path))
        .arg(SCRIPT)
        .query(con)
        .map_err(about_index)
}

/// Names the remedy of errors that the keys themselves cause.
fn about_index(error: redis::RedisError) -> Failure {
    let text = error.to_string();
    let is_of_keys = matches!(error.code(), Some("NOPERM" | "WRONGTYPE"));
    let failure = Failure::from(error);
    if is_of_keys {
        Failure::failed(format!(
            "the index of the scripts cannot be used: {text}: give other keys with --index-prefix, or the user the right to them"
        ))
    } else {
        failure
    }
}
