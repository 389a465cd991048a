//! SARIF 2.1.0: the form that code scanning and editors read.

use crate::check::mistake::{Mistake, Place};
use redgrease_syntax::diagnostics;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(in crate::check) fn sarif(mistakes: &[Mistake]) -> Value {
    let texts: BTreeMap<&str, String> = diagnostics()
        .into_iter()
        .rev()
        .map(|one| (one.code, one.text))
        .collect();
    let mut codes: Vec<&str> = mistakes.iter().map(|one| one.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|&code| {
            let mut rule = json!({ "id": code, "shortDescription": { "text": title(code) } });
            if let Some(text) = texts.get(code) {
                rule["fullDescription"] = json!({ "text": described(text) });
            }
            rule
        })
        .collect();
    let results: Vec<Value> = mistakes
        .iter()
        .map(|mistake| {
            json!({
                "ruleId": mistake.code,
                "ruleIndex": codes.iter().position(|code| *code == mistake.code),
                "level": "error",
                "message": { "text": mistake.message },
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": { "uri": uri(&mistake.file) },
                        "region": region(&mistake.place),
                    },
                }],
            })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "redgrease check",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// The title of a kind, which readers show above each mistake: `Unknown command`. Codes of the compiler are such as `E0425`.
fn title(code: &str) -> String {
    let mut title = code.replace('-', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// A message without the parts that vary, and without hints: `` Redis has no command `..` ``.
fn described(text: &str) -> String {
    let mut described = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        described.push_str(before);
        let name = after.split_once('}');
        let is_part = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        if let Some((_, after)) = name.filter(|(name, _)| is_part(name)) {
            described.push_str("..");
            rest = after;
        } else {
            described.push('{');
            rest = after;
        }
    }
    described.push_str(rest);
    let end = described.trim_end_matches(": ..").len();
    described.truncate(end);
    described
}

fn region(place: &Place) -> Value {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
        "snippet": { "text": place.source },
    })
}

/// A path as an address: relative to the working directory, or that of a file.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = if Path::new(path).is_absolute() {
        "file://".to_owned()
    } else {
        String::new()
    };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => {
                // A `String` takes all that is written.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::{described, title, uri};
    use redgrease_syntax::diagnostics;

    #[test]
    fn rules_are_described_without_varying_parts() {
        assert_eq!(title("unknown-command"), "Unknown command");
        assert_eq!(title("E0425"), "E0425");
        assert_eq!(
            described("Redis has no command `{command}`: {hint}"),
            "Redis has no command `..`"
        );
        assert_eq!(
            described("write `{ python! { .. } }` for {name}"),
            "write `{ python! { .. } }` for .."
        );
        for one in diagnostics() {
            let text = described(&one.text);
            let has_part = text.split('{').skip(1).any(|part| {
                part.split_once('}').is_some_and(|(name, _)| {
                    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase())
                })
            });
            assert!(!has_part && !text.is_empty(), "{text}");
        }
    }

    #[test]
    fn paths_become_addresses() {
        assert_eq!(uri("./gears/a.py"), "gears/a.py");
        assert_eq!(uri("/a b/ü.py"), "file:///a%20b/%C3%BC.py");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }
}
