//! Parses the recorded conversations.

use crate::manner::{Manner, Manners};
use crate::resp::Reply;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// A recorded conversation, which begins with a new server.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) module_args: Vec<String>,
    pub(crate) server_args: Vec<String>,
    pub(crate) steps: Vec<Step>,
    /// The conversation is one with the shards of a cluster.
    pub(crate) in_cluster: bool,
}

/// An action and its expected replies.
pub(crate) struct Step {
    /// `None` if the reply is not compared.
    pub(crate) name: Option<String>,
    pub(crate) conn: String,
    pub(crate) action: Action,
    /// The accepted replies.
    pub(crate) expected: Vec<Expected>,
    /// Whether two recordings were equal. The replies of other steps are not compared.
    pub(crate) stable: bool,
    pub(crate) any_order: bool,
    /// The reply comes from a shard of a cluster.
    pub(crate) in_cluster: bool,
    pub(crate) manner: Manner,
}

pub(crate) enum Action {
    Send(Vec<Vec<u8>>),
    /// Sends a command without waiting for the reply.
    Post(Vec<Vec<u8>>),
    /// Reads the reply of an earlier [`Action::Post`].
    Collect,
    Sleep(Duration),
    /// Kills the server of this connection.
    Kill(String),
    Note,
}

#[derive(Debug)]
pub(crate) enum Expected {
    Reply(Reply),
    /// The unparsed bytes.
    Raw(Vec<u8>),
    /// `RedisGears` crashed. The engine may send any reply, but must keep running.
    Crash,
}

pub(crate) fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

impl Group {
    /// Every recorded conversation, sorted by name.
    pub(crate) fn all() -> Vec<Self> {
        let manners = Manners::read();
        let mut groups: Vec<Self> = fs::read_dir(directory().join("recorded"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .map(|path| {
                // Named after the file: some conversations are recorded under several conditions.
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let text = fs::read_to_string(&path).unwrap();
                Self::parse(name, &serde_json::from_str(&text).unwrap(), &manners)
            })
            .collect();
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        groups
    }

    fn parse(name: String, file: &Value, manners: &Manners) -> Self {
        let texts = |key: &str| {
            file.get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(text)
                .collect()
        };
        let in_cluster = name == "cluster" || name.starts_with("cluster.");
        let mut steps: Vec<Step> = file["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| Step::parse(step, in_cluster))
            .collect();
        for step in &mut steps {
            step.manner = step
                .name
                .as_deref()
                .map_or(Manner::Exact, |step| manners.of(&name, step));
        }
        Self {
            name,
            module_args: texts("module_args"),
            server_args: texts("server_args"),
            steps,
            in_cluster,
        }
    }

    /// Whether the name equals a pattern; a `*` at its end matches any rest.
    pub(crate) fn is_named(&self, pattern: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(beginning) => self.name.starts_with(beginning),
            None => self.name == pattern,
        }
    }

    pub(crate) fn has_step(&self, name: &str) -> bool {
        self.steps
            .iter()
            .any(|step| step.name.as_deref() == Some(name))
    }
}

impl Step {
    fn parse(step: &Value, in_cluster: bool) -> Self {
        let flag = |key: &str| step.get(key).and_then(Value::as_bool);
        let mut conn = step.get("conn").map_or_else(|| "main".to_owned(), text);
        let mut words: Vec<Vec<u8>> = step
            .get("do")
            .unwrap_or(&step["send"])
            .as_array()
            .unwrap()
            .iter()
            .map(bytes)
            .collect();
        let mut is_post = false;
        if words[0] == b"@conn" {
            conn = String::from_utf8(words[1].clone()).unwrap();
            words.drain(..2);
            if words[0] == b"@noreply" {
                is_post = true;
                words.remove(0);
            }
        }
        let action = match words[0].as_slice() {
            b"@sleep" => {
                let seconds = std::str::from_utf8(&words[1]).unwrap().parse().unwrap();
                Action::Sleep(Duration::from_secs_f64(seconds))
            }
            b"@read-pending-reply-of-conn" => Action::Collect,
            b"@note" => match std::str::from_utf8(&words[1])
                .unwrap()
                .strip_suffix(" killed")
            {
                Some(conn) => Action::Kill(conn.to_owned()),
                None => Action::Note,
            },
            word if word.starts_with(b"@") => Action::Note,
            _ if is_post => Action::Post(words),
            _ => Action::Send(words),
        };
        Self {
            name: step.get("name").map(text),
            conn,
            action,
            expected: ["reply", "reply_other", "reply_redis7"]
                .iter()
                .filter_map(|key| step.get(*key))
                .map(Expected::parse)
                .collect(),
            stable: flag("stable").unwrap_or(true),
            // The records of the shards arrive in an undefined order.
            any_order: flag("order_unstable").unwrap_or(in_cluster),
            in_cluster,
            manner: Manner::Exact,
        }
    }

    /// Whether `RedisGears` crashed at this step.
    pub(crate) fn is_crash(&self) -> bool {
        self.expected
            .iter()
            .any(|expected| matches!(expected, Expected::Crash))
    }
}

impl Expected {
    fn parse(reply: &Value) -> Self {
        match reply["t"].as_str().unwrap() {
            "CONNECTION_CLOSED" => Self::Crash,
            "raw" => match reply.get("b64").map(|_| bytes(reply)) {
                Some(raw) if raw.is_empty() => Self::Crash,
                Some(raw) => Self::Raw(raw),
                None => Self::Raw(text(&reply["repr"]).into_bytes()),
            },
            _ => Self::Reply(parse_reply(reply)),
        }
    }
}

fn parse_reply(reply: &Value) -> Reply {
    match reply["t"].as_str().unwrap() {
        "bulk" => Reply::Bulk(bytes(reply)),
        "status" => Reply::Status(bytes(reply)),
        "err" => Reply::Error(bytes(reply)),
        "int" => Reply::Int(reply["v"].as_i64().unwrap()),
        "nil" => Reply::Nil,
        "arr" => Reply::Array(
            reply["v"]
                .as_array()
                .unwrap()
                .iter()
                .map(parse_reply)
                .collect(),
        ),
        other => panic!("unknown type of reply: {other}"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The bytes of a string, of an object with a string `v`, or of one with base64 in `b64`.
fn bytes(value: &Value) -> Vec<u8> {
    match (value.as_str(), value.get("b64")) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(coded)) => decode_base64(coded.as_str().unwrap()),
        (None, None) => text(&value["v"]).into_bytes(),
    }
}

fn decode_base64(coded: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut decoded = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in coded.bytes().filter(|byte| *byte != b'=') {
        let digit = DIGITS.iter().position(|digit| *digit == byte).unwrap();
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    decoded
}

#[test]
fn base64_is_decoded() {
    assert_eq!(decode_base64("/w=="), [0xff]);
    assert_eq!(decode_base64("Zv8="), [0x66, 0xff]);
    assert_eq!(decode_base64("KjINCg=="), b"*2\r\n");
    assert_eq!(decode_base64(""), b"");
}
