//! The scripts of sessions, for the lines of errors, and what their descriptions mean.

use crate::output::{SCRIPT, Source, Traceback};
use crate::sync::source;
use redgrease_core::{Con, GearsCommands as _, Session, SessionsOptions};
use serde_json::Value as Json;
use std::collections::HashMap;

/// The scripts of sessions. Servers do not tell the text of a script, but `sync` stores it.
#[derive(Default)]
pub(crate) struct Sources {
    /// The script that the user has named.
    given: Option<Source>,
    by_session: HashMap<String, Option<Source>>,
}

impl Sources {
    pub(crate) fn new(given: Option<Source>) -> Self {
        Sources {
            given,
            by_session: HashMap::new(),
        }
    }

    /// The error of a gear of a session, with the lines of its script if they are known.
    pub(crate) fn traceback(
        &mut self,
        con: &mut Con,
        session: Option<&str>,
        error: &str,
    ) -> Traceback {
        self.complete(con, session, Traceback::parse(error))
    }

    /// Adds the lines of the script of a session to an error.
    pub(crate) fn complete(
        &mut self,
        con: &mut Con,
        session: Option<&str>,
        traceback: Traceback,
    ) -> Traceback {
        if !traceback.frames.iter().any(|frame| frame.file == SCRIPT) {
            return traceback;
        }
        if let Some(given) = &self.given {
            return traceback.with_source(SCRIPT, given);
        }
        let Some(session) = session else {
            return traceback;
        };
        let stored = self
            .by_session
            .entry(session.to_owned())
            .or_insert_with(|| stored(con, session));
        match stored {
            Some(source) => traceback.with_source(SCRIPT, source),
            None => traceback,
        }
    }
}

fn stored(con: &mut Con, session: &str) -> Option<Source> {
    let options = SessionsOptions::new().session(session);
    let sessions = con.dump_sessions(&options).ok()?;
    source::source(con, sessions.first()?.description.as_deref()?)
}

/// What the description of a session says to people: programs write JSON.
pub(crate) fn described(session: &Session) -> Option<String> {
    let text = session.description.as_deref()?;
    if let Some(path) = source::path(text) {
        return Some(path);
    }
    let Ok(Json::Object(fields)) = serde_json::from_str(text) else {
        return Some(text.to_owned());
    };
    let version = fields.get("version").and_then(Json::as_str);
    let gears = fields.get("gears").and_then(Json::as_object);
    match (version, gears) {
        (Some(version), Some(gears)) => {
            let package = fields
                .get("owner")
                .and_then(|owner| owner.get("package"))
                .and_then(Json::as_str)
                .unwrap_or("a program");
            Some(format!("{package} {version} ({} gears)", gears.len()))
        }
        _ => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_of_programs_are_short() {
        let of = |text: &str| {
            let mut session = Session::default();
            session.description = Some(text.to_owned());
            described(&session).unwrap()
        };
        assert_eq!(of("nightly"), "nightly");
        assert_eq!(of("{\"a\": 1}"), "{\"a\": 1}");
        assert_eq!(
            of(r#"{"sync":"/p","path":"/srv/a.py","hash":"x","requirements":"y"}"#),
            "/srv/a.py"
        );
        assert_eq!(
            of(
                r#"{"version":"1.2.0","hash":"x","gears":{"a":"1","b":"2"},"owner":{"package":"shop"}}"#
            ),
            "shop 1.2.0 (2 gears)"
        );
    }
}
