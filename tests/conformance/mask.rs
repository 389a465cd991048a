//! Masks the parts of a reply that differ between two runs of a conversation: addresses, ids, line
//! numbers, paths, times, sizes, and the order in which the server finds expired keys. Both sides of
//! a comparison are masked.

use crate::resp::Reply;
use regex_lite::Regex;
use std::sync::LazyLock;

struct Rule(Regex, &'static str);

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    [
        (r"0x[0-9a-fA-F]+", "<address>"),
        (r"\b[0-9a-f]{40}\b", "<id>"),
        (r"\bline [0-9]+\b", "line <n>"),
        (r"<[A-Z_]*DIR>(/[\w.+@=~-]+)*", "<path>"),
        (r"(/[\w.+@=~-]+){3,}/?", "<path>"),
        // A generated stream id: milliseconds and a sequence number.
        (r"\b[0-9]{13}-[0-9]+\b", "<stream id>"),
        // Some servers name the script in an error message, some do not.
        (r"script: <id>, on @", "script: on @"),
    ]
    .map(|(pattern, mask)| Rule(Regex::new(pattern).unwrap(), mask))
    .into()
});

/// Parts of the names of fields whose values differ in every run.
const VARYING: [&str; 6] = ["duration", "lag", "allocated", "time", "size", "version"];

/// The server finds expired keys in an undefined order.
const EXPIRED: &str = "'event': 'expired'";

const TRACEBACK: &str = "['Traceback (most recent call last):";

/// A copy of the reply with the varying parts masked.
pub(crate) fn masked(reply: &Reply) -> Reply {
    match reply {
        Reply::Array(items) => Reply::Array(masked_items(items)),
        Reply::Bulk(bytes) => Reply::Bulk(masked_text(bytes)),
        Reply::Status(bytes) => Reply::Status(masked_text(bytes)),
        Reply::Error(bytes) => Reply::Error(masked_arity(masked_text(bytes))),
        Reply::Int(_) | Reply::Nil => reply.clone(),
    }
}

/// The same in a cluster, whose servers also have ports of their own, and count what they have made.
pub(crate) fn masked_in_cluster(reply: &Reply) -> Reply {
    let mut reply = masked(reply);
    mask_places(&mut reply);
    reply
}

static PLACES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    [
        (r"<id>-[0-9]+", "<id>-<n>"),
        (r"127\.0\.0\.1:[0-9]+", "<server>"),
    ]
    .map(|(pattern, mask)| Rule(Regex::new(pattern).unwrap(), mask))
    .into()
});

fn mask_places(reply: &mut Reply) {
    match reply {
        Reply::Array(items) => {
            items.iter_mut().for_each(mask_places);
            for at in 1..items.len() {
                let Reply::Bulk(field) = &items[at - 1] else {
                    continue;
                };
                match field.as_slice() {
                    b"port" => items[at] = Reply::Status(b"<port>".to_vec()),
                    // The number of messages that wait depends on the moment.
                    b"pendingMessages" => items[at] = Reply::Status(b"<number>".to_vec()),
                    // A server learns the ids of the other processes one after the other.
                    b"runid" if items[at] == Reply::Nil => {
                        items[at] = Reply::Bulk(b"<id>".to_vec());
                    }
                    _ => {}
                }
            }
        }
        Reply::Bulk(bytes) | Reply::Status(bytes) | Reply::Error(bytes) => {
            let Ok(text) = std::str::from_utf8(bytes) else {
                return;
            };
            let mut text = text.to_owned();
            for Rule(pattern, mask) in PLACES.iter() {
                text = pattern.replace_all(&text, *mask).into_owned();
            }
            *bytes = text.into_bytes();
        }
        Reply::Int(_) | Reply::Nil => {}
    }
}

fn masked_items(items: &[Reply]) -> Vec<Reply> {
    let mut varies = false;
    let mut all: Vec<Reply> = items
        .iter()
        .map(|item| {
            let value = if varies && is_number(item) {
                Reply::Status(b"<number>".to_vec())
            } else {
                masked(item)
            };
            varies = is_varying_field(item);
            value
        })
        .collect();
    for neighbours in all.chunk_by_mut(|a, b| is_expired(a) && is_expired(b)) {
        neighbours.sort();
    }
    all
}

fn is_expired(item: &Reply) -> bool {
    matches!(item, Reply::Bulk(bytes) if String::from_utf8_lossy(bytes).contains(EXPIRED))
}

fn is_varying_field(item: &Reply) -> bool {
    let (Reply::Bulk(bytes) | Reply::Status(bytes)) = item else {
        return false;
    };
    let name = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    VARYING.iter().any(|word| name.contains(word)) || name.ends_with("refcount")
}

fn is_number(item: &Reply) -> bool {
    match item {
        Reply::Int(_) => true,
        Reply::Bulk(bytes) => {
            std::str::from_utf8(bytes).is_ok_and(|text| text.parse::<f64>().is_ok())
        }
        _ => false,
    }
}

fn masked_text(bytes: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bytes.to_vec();
    };
    let mut text = last_line_of_traceback(text).unwrap_or_else(|| text.to_owned());
    for Rule(pattern, mask) in RULES.iter() {
        text = pattern.replace_all(&text, *mask).into_owned();
    }
    text.into_bytes()
}

/// Extracts the last line of a traceback, which is the text of a Python list of lines.
fn last_line_of_traceback(text: &str) -> Option<String> {
    if !text.starts_with(TRACEBACK) {
        return None;
    }
    let mut last = None;
    let mut current = None::<(char, String)>;
    let mut escaped = false;
    for c in text.chars() {
        match &mut current {
            None if c == '\'' || c == '"' => current = Some((c, String::new())),
            None => {}
            Some((quote, line)) => {
                if !escaped && c == *quote {
                    last = current.take().map(|(_, line)| line);
                } else {
                    line.push(c);
                    escaped = !escaped && c == '\\';
                }
            }
        }
    }
    last
}

/// Converts an arity error to lower case: servers print the command name in different cases.
fn masked_arity(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"ERR wrong number of arguments for") {
        bytes.to_ascii_lowercase()
    } else {
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Reply {
        Reply::Bulk(text.as_bytes().to_vec())
    }

    #[test]
    fn only_varying_parts_are_masked() {
        for (given, expected) in [
            ("<function f at 0x7f00aa>", "<function f at <address>>"),
            ("0000000000000000000000000000000000000000-12", "<id>-12"),
            (
                "File \"<string>\", line 98, in f",
                "File \"<string>\", line <n>, in f",
            ),
            ("at /a/b/c.so now", "at <path> now"),
            ("<PYTHON_DIR>/lib/python3.7/x.py", "<path>"),
            ("/a/b", "/a/b"),
            ("1700000000000-0", "<stream id>"),
            ("1-1", "1-1"),
            ("abcdef", "abcdef"),
        ] {
            assert_eq!(masked(&bulk(given)), bulk(expected), "{given}");
        }
    }

    #[test]
    fn numbers_and_ports_are_masked_in_a_cluster_alone() {
        let reply = |number: u8, port| {
            let id = format!("{}-{number}", "a".repeat(40));
            Reply::Array(vec![bulk(&id), bulk("port"), Reply::Int(port)])
        };
        let (one, other) = (reply(1, 7001), reply(2, 7002));
        assert_eq!(masked_in_cluster(&one), masked_in_cluster(&other));
        assert_ne!(masked(&one), masked(&other));
    }

    #[test]
    fn numbers_after_a_varying_field_are_masked() {
        let row = |duration, triggered| {
            masked(&Reply::Array(vec![
                bulk("lastRunDurationMS"),
                Reply::Int(duration),
                bulk("numTriggered"),
                Reply::Int(triggered),
            ]))
        };
        assert_eq!(row(1, 2), row(5, 2));
        assert_ne!(row(1, 2), row(1, 3));
        let average = |text| masked(&Reply::Array(vec![bulk("avgRunDurationMS"), bulk(text)]));
        assert_eq!(average("0"), average("0.25"));
        assert_ne!(average("0"), average("fast"));
    }

    #[test]
    fn only_expired_events_have_no_order() {
        let events = |events: &[(&str, &str)]| {
            let shown = |(event, key): &(&str, &str)| {
                bulk(&format!("{{'event': '{event}', 'key': '{key}'}}"))
            };
            masked(&Reply::Array(events.iter().map(shown).collect()))
        };
        let (set, a, b) = (("set", "c"), ("expired", "a"), ("expired", "b"));
        assert_eq!(events(&[set, a, b]), events(&[set, b, a]));
        assert_ne!(events(&[set, a, b]), events(&[a, set, b]));
        assert_ne!(events(&[set, a, b]), events(&[set, a, a]));
    }

    #[test]
    fn tracebacks_are_compared_by_their_last_line() {
        let text = r#"['Traceback (most recent call last):\n', '  File "<string>", line 1, in <module>\n', "NameError: name 'x' is not \\'def\n"]"#;
        assert_eq!(
            masked(&bulk(text)),
            bulk(r"NameError: name 'x' is not \\'def\n")
        );
    }

    #[test]
    fn arity_errors_ignore_the_case_of_the_name() {
        let error = |name: &str| {
            let text = format!("ERR wrong number of arguments for '{name}' command");
            masked(&Reply::Error(text.into_bytes()))
        };
        assert_eq!(error("RG.TRIGGER"), error("rg.trigger"));
    }
}
