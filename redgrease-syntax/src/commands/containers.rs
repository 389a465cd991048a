//! The subcommands of Redis 6.2 to 8 and Valkey 7.2 to 9.
//!
//! A test compares the table with `COMMAND` of a server (`tests/checked_names/commands.rs`).

use crate::nearest;

/// Commands that have subcommands and nothing else, with these. Sorted by name.
#[rustfmt::skip]
const CONTAINERS: &[(&str, &str)] = &[
    ("acl", "cat deluser dryrun genpass getuser help list load log save setuser users whoami"),
    ("client", "caching capa getname getredir help id import-source info kill list no-evict no-touch pause reply setinfo setname tracking trackinginfo unblock unpause"),
    ("cluster", "addslots addslotsrange bumpepoch cancelslotmigrations count-failure-reports countkeysinslot delslots delslotsrange failover flushslot flushslots forget getkeysinslot getslotmigrations help info keyslot links meet migrateslots migration myid myshardid nodes replicas replicate reset saveconfig set-config-epoch setslot shards slaves slot-stats slots syncslots"),
    ("command", "count docs getkeys getkeysandflags help info list"),
    ("commandlog", "get help len reset"),
    ("config", "get help resetstat rewrite set"),
    ("function", "delete dump flush help kill list load restore stats"),
    ("latency", "doctor graph help histogram history latest reset"),
    ("memory", "doctor help malloc-stats purge stats usage"),
    ("module", "help list load loadex unload"),
    ("object", "encoding freq help idletime refcount"),
    ("pubsub", "channels help numpat numsub shardchannels shardnumsub"),
    ("script", "debug exists flush help kill load show"),
    ("slowlog", "get help len reset"),
    ("xgroup", "create createconsumer delconsumer destroy help setid"),
    ("xinfo", "consumers groups help stream"),
];

/// Whether a command has this subcommand. `None` if its subcommands are not in the table.
///
/// ```
/// use redgrease_syntax::is_subcommand;
///
/// assert_eq!(is_subcommand("CLIENT", "LIST"), Some(true));
/// assert_eq!(is_subcommand("CLIENT", "LISTT"), Some(false));
/// assert_eq!(is_subcommand("GET", "key"), None);
/// ```
#[must_use]
pub fn is_subcommand(command: &str, word: &str) -> Option<bool> {
    let all = subcommands(command)?;
    Some(
        all.split_whitespace()
            .any(|known| known.eq_ignore_ascii_case(word)),
    )
}

/// The subcommand that is most similar to a word, in lower case.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn nearest_subcommand(command: &str, word: &str) -> Option<&'static str> {
    let all = subcommands(command)?;
    nearest(&word.to_ascii_lowercase(), all.split_whitespace())
}

fn subcommands(command: &str) -> Option<&'static str> {
    let lower = command.to_ascii_lowercase();
    let at = CONTAINERS.binary_search_by_key(&lower.as_str(), |(name, _)| name);
    at.ok().map(|at| CONTAINERS[at].1)
}

#[cfg(test)]
mod tests {
    use super::{CONTAINERS, is_subcommand, nearest_subcommand};
    use crate::known_command;

    #[test]
    fn the_table_is_sorted() {
        assert!(CONTAINERS.is_sorted_by(|a, b| a.0 < b.0));
        for (name, words) in CONTAINERS {
            assert!(known_command(name).is_some(), "{name}");
            assert!(words.split(' ').is_sorted(), "{name}");
        }
    }

    #[test]
    fn typing_errors() {
        assert_eq!(is_subcommand("xinfo", "STREAM"), Some(true));
        assert_eq!(is_subcommand("debug", "anything"), None);
        for (command, word, meant) in [
            ("CLIENT", "LISTT", Some("list")),
            ("XINFO", "STREAMS", Some("stream")),
            ("CONFIG", "FROBNICATE", None),
            ("GET", "keyy", None),
        ] {
            assert_eq!(nearest_subcommand(command, word), meant, "{command} {word}");
        }
    }
}
