//! Lines of Python's tracebacks.

use super::super::literal;
use super::Frame;
use redgrease_core::GearError;

/// The error of a gear in Rust, which its Python sends as JSON.
pub(super) fn gear(text: &str) -> Option<GearError> {
    let json = text.trim_start().strip_prefix("GEARERROR ")?;
    serde_json::Deserializer::from_str(json)
        .into_iter()
        .next()?
        .ok()
}

/// The lines of a list of lines as one text. A listing of all shards has the shard behind it.
pub(super) fn joined(text: &str) -> String {
    let (list, shard) = match text.rsplit_once(" (on the shard ") {
        Some((list, shard)) if text.ends_with(')') => (list, shard.trim_end_matches(')')),
        _ => (text, ""),
    };
    let Some(serde_json::Value::Array(lines)) = literal::parse(list) else {
        return text.to_owned();
    };
    let mut out: String = lines.iter().filter_map(serde_json::Value::as_str).collect();
    if out.is_empty() {
        return text.to_owned();
    }
    if !shard.is_empty() {
        out = format!("on the shard {shard}:\n{out}");
    }
    out
}

/// `  File "a.py", line 3, in f`
pub(super) fn frame_of(line: &str) -> Option<Frame> {
    let rest = line.strip_prefix("File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let (number, function) = match rest.split_once(", in ") {
        Some((number, function)) => (number, Some(function.to_owned())),
        None => (rest, None),
    };
    Some(Frame {
        file: file.to_owned(),
        line: number.trim().parse().ok()?,
        function,
        ..Frame::default()
    })
}

/// `Error type: <class 'ValueError'>, Value: spam`, which servers say in place of a traceback.
pub(super) fn type_and_value(line: &str) -> Option<String> {
    let rest = line.strip_prefix("Error type: <class '")?;
    let (class, value) = rest.split_once("'>, Value: ")?;
    Some(format!("{class}: {value}"))
}

/// The place in a message of the parser: `'(' was never closed (<string>, line 1)`
pub(super) fn place_of(line: &str) -> Option<Frame> {
    let rest = line.trim_end().strip_suffix(')')?;
    let (rest, number) = rest.rsplit_once(", line ")?;
    let (_, file) = rest.rsplit_once('(')?;
    Some(Frame {
        file: file.to_owned(),
        line: number.parse().ok()?,
        ..Frame::default()
    })
}
