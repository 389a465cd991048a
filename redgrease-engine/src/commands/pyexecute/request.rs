//! The words of the command.

use crate::redis::{Args, Context, User};
use crate::registration::{Registry, Session};

#[derive(Debug)]
pub(super) struct Request {
    pub(super) script: Vec<u8>,
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) unblocking: bool,
    pub(super) upgrade: bool,
    pub(super) replace_with: Option<String>,
    pub(super) reinstall: bool,
    pub(super) requirements: Vec<String>,
    /// With whose rights it runs.
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
            description: None,
            unblocking: false,
            upgrade: false,
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
        request.id = id.unwrap_or_else(|| context.random_hex::<40>());
        // The exact text is what makes a requirement: the same one twice is one.
        let mut seen = std::collections::HashSet::new();
        request
            .requirements
            .retain(|name| seen.insert(name.clone()));
        // Without requirements there is nothing to install again.
        request.reinstall &= !request.requirements.is_empty();
        Ok(request)
    }

    /// The session that this script's registrations replace; an error if it may not run at all.
    pub(super) fn replaced_session(&self, registry: &Registry) -> Result<Option<String>, String> {
        let exists = registry.session(&self.id).is_some();
        match &self.replace_with {
            Some(old) if exists => Err(format!(
                "Can not replace an existing session {} with {old}",
                self.id
            )),
            Some(old) if registry.session(old).is_none() => Err(format!(
                "Can not replace with {old}, session does not exists."
            )),
            Some(old) => Ok(Some(old.clone())),
            None if exists && !self.upgrade => Err(format!("Session {} already exists", self.id)),
            None => Ok(exists.then(|| self.id.clone())),
        }
    }
}
