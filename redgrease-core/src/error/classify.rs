//! Classification of redis-rs errors as [`ErrorKind`].

use super::{Error, ErrorKind, gear};
use redis::RedisError;

/// Whether the server does not know a command. redis-rs splits the error line after its first word.
pub(crate) fn is_unknown_command(e: &RedisError) -> bool {
    e.code() == Some("ERR") && e.detail().is_some_and(|d| d.starts_with("unknown command"))
}

/// The whole error line, which redis-rs splits at the first space into code and detail.
pub(crate) fn full_text(e: &RedisError) -> String {
    match (e.code(), e.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        (Some(code), None) => code.to_owned(),
        _ => e.to_string(),
    }
}

impl Error {
    /// Adds the limit of the call to a timeout error.
    pub(crate) fn within(mut self, call_limit: Option<std::time::Duration>) -> Self {
        if let ErrorKind::Timeout { limit, .. } = &mut self.0.kind {
            *limit = call_limit;
        }
        self
    }

    /// Adds what went on to a timeout error.
    pub(crate) fn while_server(mut self, seen: String) -> Self {
        if let ErrorKind::Timeout { situation, .. } = &mut self.0.kind {
            *situation = Some(seen);
        }
        self
    }
}

impl From<RedisError> for Error {
    fn from(e: RedisError) -> Self {
        if let Some(error) = Error::carried_by(&e) {
            return error.clone();
        }
        let kind = classify(&e);
        Error::caused_by(kind, e)
    }
}

fn classify(e: &RedisError) -> ErrorKind {
    match (e.code(), e.detail()) {
        (Some(gear::CODE), Some(json)) => {
            serde_json::from_str(json).map_or(ErrorKind::Redis, ErrorKind::Gear)
        }
        // RedisGears stops after these words; the engine goes on.
        (Some("ERR"), Some(detail)) if detail.starts_with("subcommand not found") => {
            ErrorKind::UnknownTrigger {
                trigger: String::new(),
                reason: None,
            }
        }
        _ if is_unknown_command(e) && e.detail().is_some_and(names_gears) => ErrorKind::NoGears,
        (Some("Error"), Some(detail)) if detail.starts_with("type: <class") => ErrorKind::Script {
            traceback: full_text(e),
        },
        (Some(code), _) if code.starts_with("['") || code.starts_with("[\"") => {
            match traceback(&full_text(e)) {
                Some(traceback) => ErrorKind::Script { traceback },
                None => ErrorKind::Redis,
            }
        }
        (Some("NOPERM"), Some(detail)) if let Some(command) = refused_command(detail) => {
            ErrorKind::NoPermission { command }
        }
        _ if e.is_timeout() => ErrorKind::Timeout {
            of: None,
            limit: None,
            situation: None,
            registering: false,
        },
        _ => ErrorKind::Redis,
    }
}

/// Whether an `unknown command` error is about an `RG.*` command and not about a command of another module.
fn names_gears(detail: &str) -> bool {
    let command = detail
        .trim_start_matches("unknown command")
        .trim_start_matches([' ', '`', '\'']);
    command
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("rg."))
}

/// The `RG.*` command that a `NOPERM` error names in quotes, in upper case.
fn refused_command(detail: &str) -> Option<String> {
    let name = detail.split('\'').nth(1)?;
    let is_command = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let command = name.to_ascii_uppercase();
    (command.starts_with("RG.") && command.chars().all(is_command)).then_some(command)
}

/// Parses `str()` of a Python list of traceback lines, which is how a server reports the error of a script, and joins
/// the lines. Returns `None` for other text.
pub(crate) fn traceback(text: &str) -> Option<String> {
    let mut chars = text.strip_prefix('[')?.chars().peekable();
    let mut out = String::new();
    loop {
        let quote = chars.next().filter(|c| matches!(c, '\'' | '"'))?;
        loop {
            match chars.next()? {
                c if c == quote => break,
                '\\' => out.push(escaped(&mut chars)?),
                c => out.push(c),
            }
        }
        match chars.next()? {
            ']' => return chars.next().is_none().then_some(out),
            ',' => while chars.next_if_eq(&' ').is_some() {},
            _ => return None,
        }
    }
}

fn escaped(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    let digits = match chars.next()? {
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'r' => return Some('\r'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        other => return Some(other),
    };
    let hex: String = chars.by_ref().take(digits).collect();
    Some(
        u32::from_str_radix(&hex, 16)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or('\u{fffd}'),
    )
}
