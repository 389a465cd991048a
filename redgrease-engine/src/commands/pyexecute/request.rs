//! The words of `RG.PYEXECUTE`.

use crate::id::Id;
use crate::redis::{Args, Context, User};
use crate::registration::{Registry, Session};
use crate::requirements::canonical;

#[allow(
    clippy::struct_excessive_bools,
    reason = "the command has this many options"
)]
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) script: Vec<u8>,
    pub(super) id: String,
    /// The client named the session.
    pub(super) names_session: bool,
    pub(super) description: Option<String>,
    pub(super) unblocking: bool,
    pub(super) upgrade: bool,
    /// The description that a session must have to be replaced.
    pub(super) if_description: Option<String>,
    /// Registrations of other sessions that are unregistered in the same step.
    pub(super) takes: Vec<Id>,
    pub(super) replace_with: Option<String>,
    pub(super) reinstall: bool,
    pub(super) requirements: Vec<String>,
    /// The user whose rights the script has.
    pub(super) user: Option<User>,
}

impl Request {
    pub(super) fn parse(context: &Context, args: Args<'_>) -> Result<Request, String> {
        let mut request = Request {
            script: args
                .get(1)
                .map(|word| word.bytes().to_vec())
                .unwrap_or_default(),
            id: String::new(),
            names_session: false,
            description: None,
            unblocking: false,
            upgrade: false,
            if_description: None,
            takes: Vec::new(),
            replace_with: None,
            reinstall: false,
            requirements: Vec::new(),
            user: User::of(context),
        };
        let mut id = None;
        let mut words = args.from(2);
        while let Some(word) = words.next() {
            let mut value = |name: &str| words.next().ok_or_else(|| format!("{name} is missing"));
            if word.is("UNBLOCKING") {
                request.unblocking = true;
            } else if word.is("UPGRADE") {
                request.upgrade = true;
            } else if word.is("FORCE_REINSTALL_REQUIREMENTS") {
                request.reinstall = true;
            } else if word.is("REPLACE_WITH") {
                request.replace_with = Some(value("REPLACE_WITH")?.lossy().into_owned());
            } else if word.is("DESCRIPTION") {
                request.description = Some(value("DESCRIPTION")?.lossy().into_owned());
            } else if word.is("IF_DESCRIPTION") {
                let text = value("IF_DESCRIPTION")?.lossy().into_owned();
                request.if_description = Some(text);
            } else if word.is("TAKE") {
                let text = value("TAKE")?;
                let id = Id::parse(text.bytes()).ok_or_else(|| {
                    format!("TAKE needs the id of a registration, not {}", text.lossy())
                })?;
                request.takes.push(id);
            } else if word.is("ID") {
                let given = value("ID")?;
                if !Session::is_valid_id(given.bytes()) {
                    return Err(
                        "ID must be compose of: ['A'-'Z' | 'a'-'z' | '0' - '9' | '-' | '_']"
                            .to_owned(),
                    );
                }
                id = Some(given.lossy().into_owned());
            } else if word.is("REQUIREMENTS") {
                request.requirements = words
                    .by_ref()
                    .map(|word| word.lossy().into_owned())
                    .collect();
            } else {
                return Err(format!("Unknown arguments were given: {}", word.lossy()));
            }
        }
        request.names_session = id.is_some();
        request.id = id.unwrap_or_else(|| context.random_hex::<40>());
        // The first spelling of a requirement counts.
        let mut seen = std::collections::HashSet::new();
        request
            .requirements
            .retain(|name| seen.insert(canonical(name)));
        // Without requirements nothing has to be installed again.
        request.reinstall &= !request.requirements.is_empty();
        Ok(request)
    }

    /// The session whose registrations the script replaces.
    ///
    /// # Errors
    /// The text for the client, if the script may not run.
    pub(super) fn replaced_session(&self, registry: &Registry) -> Result<Option<String>, String> {
        let exists = registry.has_session(&self.id);
        let replaced = match &self.replace_with {
            Some(old) if exists => Err(format!(
                "Can not replace an existing session {} with {old}",
                self.id
            )),
            Some(old) if !registry.has_session(old) => Err(format!(
                "Can not replace with {old}, session does not exists."
            )),
            Some(old) => Ok(Some(old.clone())),
            None if exists && !self.upgrade => Err(self.already_exists(registry)),
            None => Ok(exists.then(|| self.id.clone())),
        }?;
        if let (Some(expected), Some(id)) = (&self.if_description, &replaced)
            && registry.description(id) != expected
        {
            return Err(format!(
                "Session {id} has changed: its description is not that of IF_DESCRIPTION: list it with RG.PYDUMPSESSIONS and decide again"
            ));
        }
        Ok(replaced)
    }

    fn already_exists(&self, registry: &Registry) -> String {
        let id = &self.id;
        match registry.unrestored.get(id) {
            Some(session) if registry.session(id).is_none() => format!(
                "Session {id} already exists: it is not restored yet: {}: register with UPGRADE in its place",
                session.why
            ),
            _ => format!("Session {id} already exists"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::SessionInfo;
    use std::sync::{Arc, OnceLock};

    fn request(id: &str) -> Request {
        Request {
            script: Vec::new(),
            id: id.to_owned(),
            names_session: true,
            description: None,
            unblocking: false,
            upgrade: false,
            if_description: None,
            takes: Vec::new(),
            replace_with: None,
            reinstall: false,
            requirements: Vec::new(),
            user: None,
        }
    }

    /// A session `old`.
    fn info(description: Option<&str>) -> Arc<SessionInfo> {
        Arc::new(SessionInfo {
            id: "old".to_owned(),
            description: description.map(str::to_owned),
            requirements: Vec::new(),
            script: [].into(),
            user: None,
            replies: OnceLock::new(),
            event_loop: OnceLock::new(),
            memory: Arc::default(),
        })
    }

    /// A registry with a session `old`, which lives as long as the second value.
    fn registry_with_old() -> (Registry, Arc<SessionInfo>) {
        let info = info(None);
        let mut registry = Registry::default();
        registry.insert(Session::new(&info), Vec::new(), None);
        (registry, info)
    }

    #[test]
    fn a_new_session_replaces_nothing() {
        let (registry, _old) = registry_with_old();
        assert_eq!(request("new").replaced_session(&registry), Ok(None));
        let upgrading = Request {
            upgrade: true,
            ..request("new")
        };
        assert_eq!(upgrading.replaced_session(&registry), Ok(None));
    }

    #[test]
    fn an_existing_session_is_replaced_with_upgrade_only() {
        let (registry, _old) = registry_with_old();
        let error = request("old").replaced_session(&registry).unwrap_err();
        assert_eq!(error, "Session old already exists");
        let upgrading = Request {
            upgrade: true,
            ..request("old")
        };
        let replaced = upgrading.replaced_session(&registry);
        assert_eq!(replaced, Ok(Some("old".to_owned())));
    }

    #[test]
    fn replace_with_names_an_existing_session() {
        let (registry, _old) = registry_with_old();
        let replacing = |id: &str, old: &str| {
            let request = Request {
                replace_with: Some(old.to_owned()),
                upgrade: true,
                ..request(id)
            };
            request.replaced_session(&registry)
        };
        assert_eq!(replacing("new", "old"), Ok(Some("old".to_owned())));
        let error = "Can not replace with missing, session does not exists.";
        assert_eq!(replacing("new", "missing"), Err(error.to_owned()));
        let error = "Can not replace an existing session old with other";
        assert_eq!(replacing("old", "other"), Err(error.to_owned()));
    }

    #[test]
    fn a_session_with_another_description_is_not_replaced() {
        let mut registry = Registry::default();
        let old = info(Some("version 1"));
        registry.insert(Session::new(&old), Vec::new(), None);
        let expecting = |description: &str| Request {
            upgrade: true,
            if_description: Some(description.to_owned()),
            ..request("old")
        };
        let replaced = expecting("version 1").replaced_session(&registry);
        assert_eq!(replaced, Ok(Some("old".to_owned())));
        let error = expecting("version 0").replaced_session(&registry);
        assert!(error.unwrap_err().starts_with("Session old has changed: "));
        let with = Request {
            replace_with: Some("old".to_owned()),
            if_description: Some("version 0".to_owned()),
            ..request("new")
        };
        let error = with.replaced_session(&registry);
        assert!(error.unwrap_err().starts_with("Session old has changed: "));
        // A session without a description has the empty one.
        let (registry, _old) = registry_with_old();
        let replaced = expecting("").replaced_session(&registry);
        assert_eq!(replaced, Ok(Some("old".to_owned())));
        // There is nothing to lose.
        let none = Registry::default();
        assert_eq!(expecting("version 1").replaced_session(&none), Ok(None));
    }

    #[test]
    fn a_session_that_nothing_belongs_to_is_gone() {
        let (registry, old) = registry_with_old();
        drop(old);
        assert_eq!(request("old").replaced_session(&registry), Ok(None));
    }
}
