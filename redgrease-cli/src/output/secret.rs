//! Passwords in texts of a server, which no output shows.

use serde_json::Value as Json;

/// The words of the messages that tell how an address is written.
const EXAMPLES: [&str; 4] = [
    "user:password",
    ":password",
    "[user:password",
    "[user[:password]",
];

/// Replaces user and password in the addresses of a text: `https://ada:secret@host`.
pub(crate) fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let end = behind
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?' | '#' | '<' | '>')
            })
            .unwrap_or(behind.len());
        rest = match behind[..end].rfind('@') {
            Some(at) if EXAMPLES.contains(&&behind[..at]) => {
                out.push_str(&behind[..at]);
                &behind[at..]
            }
            Some(at) => {
                out.push_str("***");
                &behind[at..]
            }
            None => behind,
        };
    }
    out.push_str(rest);
    out
}

/// [`without_passwords`] for all texts of a JSON value.
pub(super) fn hide_in_json(value: &mut Json) {
    match value {
        Json::String(text) => *text = without_passwords(text),
        Json::Array(items) => items.iter_mut().for_each(hide_in_json),
        Json::Object(fields) => {
            let hidden = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                hide_in_json(&mut value);
                (without_passwords(&name), value)
            });
            *fields = hidden.collect();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_json_are_replaced() {
        let mut value =
            serde_json::json!({ "a": ["x", { "redis://u:pw@h": "ws://:pw@h\n\"" }], "n": 1 });
        hide_in_json(&mut value);
        let hidden =
            serde_json::json!({ "a": ["x", { "redis://***@h": "ws://***@h\n\"" }], "n": 1 });
        assert_eq!(value, hidden);
    }

    #[test]
    fn passwords_are_replaced() {
        for (text, shown) in [
            (
                "--index-url https://me:se@cret@pypi.example/simple -q",
                "--index-url https://***@pypi.example/simple -q",
            ),
            (
                "git+https://token@host/x.git@v1",
                "git+https://***@host/x.git@v1",
            ),
            ("redis://:pw@a:1, redis://b", "redis://***@a:1, redis://b"),
            ("https://host/a@b", "https://host/a@b"),
            (
                "write redis://[user:password@]host, or redis://:password@host",
                "write redis://[user:password@]host, or redis://:password@host",
            ),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }
}
