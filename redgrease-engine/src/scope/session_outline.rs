//! A session as another shard of a cluster knows it, which runs a part of its work.

use super::{SessionId, SessionInfo};
use crate::encoding::{Damaged, Input, write_bytes, write_number, write_optional};
use crate::python::Ledger;
use crate::redis::User;
use std::sync::OnceLock;

/// A session without its script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionOutline {
    pub(crate) id: SessionId,
    pub(crate) description: Option<String>,
    pub(crate) requirements: Vec<String>,
    /// The name of the user that ran the script.
    pub(crate) user: Option<Vec<u8>>,
}

impl SessionOutline {
    pub(crate) fn of(session: &SessionInfo) -> SessionOutline {
        SessionOutline {
            id: session.id.clone(),
            description: session.description.clone(),
            requirements: session.requirements.clone(),
            user: session.user.as_ref().map(|user| user.name().to_vec()),
        }
    }

    /// `true` if code of the session on the other shard may run in `session`: it has the same packages and the same owner.
    pub(crate) fn fits(&self, session: &SessionInfo) -> bool {
        *self
            == SessionOutline {
                description: self.description.clone(),
                ..SessionOutline::of(session)
            }
    }

    /// A session for the part of this shard. It has a loop for coroutines and an account of memory of its own.
    pub(crate) fn to_session(&self) -> SessionInfo {
        SessionInfo {
            id: self.id.clone(),
            description: self.description.clone(),
            requirements: self.requirements.clone(),
            script: [].into(),
            user: self.user.as_deref().map(User::named),
            replies: OnceLock::new(),
            event_loop: OnceLock::new(),
            memory: Ledger::of_session(&self.id),
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        write_bytes(out, self.id.as_bytes());
        write_optional(out, self.description.as_deref().map(str::as_bytes));
        write_number(out, self.requirements.len() as u64);
        for requirement in &self.requirements {
            write_bytes(out, requirement.as_bytes());
        }
        write_optional(out, self.user.as_deref());
    }

    pub(crate) fn read(input: &mut Input<'_>) -> Result<SessionOutline, Damaged> {
        Ok(SessionOutline {
            id: input.text()?,
            description: input.optional_text()?,
            requirements: input.many(Input::text)?,
            user: input.optional()?.map(<[u8]>::to_vec),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> SessionOutline {
        SessionOutline {
            id: "shop".to_owned(),
            description: Some("orders".to_owned()),
            requirements: vec!["six==1.16".to_owned(), "numpy".to_owned()],
            user: Some(b"alice\xff".to_vec()),
        }
    }

    fn read(bytes: &[u8]) -> Result<SessionOutline, Damaged> {
        let mut input = Input::new(bytes);
        let outline = SessionOutline::read(&mut input)?;
        input.end(outline)
    }

    #[test]
    fn a_session_has_the_outline_that_it_was_made_of() {
        for outline in [
            sample(),
            SessionOutline {
                description: None,
                requirements: Vec::new(),
                user: None,
                ..sample()
            },
        ] {
            let session = outline.to_session();
            assert_eq!(SessionOutline::of(&session), outline);
            assert!(session.script.is_empty());
            assert!(outline.fits(&session));
        }
    }

    /// The packages and the rights of another session would be others.
    #[test]
    fn a_session_with_other_packages_or_another_owner_does_not_fit() {
        let session = sample().to_session();
        let others = [
            SessionOutline {
                id: "other".to_owned(),
                ..sample()
            },
            SessionOutline {
                requirements: vec!["six==1.17".to_owned()],
                ..sample()
            },
            SessionOutline {
                user: None,
                ..sample()
            },
        ];
        for other in others {
            assert!(!other.fits(&session), "{other:?}");
        }
        let described = SessionOutline {
            description: None,
            ..sample()
        };
        assert!(described.fits(&session));
    }

    #[test]
    fn every_cut_is_noticed() {
        let mut bytes = Vec::new();
        sample().write(&mut bytes);
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Err(Damaged::Cut), "{end}");
        }
    }

    proptest! {
        #[test]
        fn outlines_come_back(
            id in any::<String>(),
            description in any::<Option<String>>(),
            requirements in proptest::collection::vec(any::<String>(), 0..4),
            user in any::<Option<Vec<u8>>>(),
        ) {
            let outline = SessionOutline { id, description, requirements, user };
            let mut bytes = Vec::new();
            outline.write(&mut bytes);
            prop_assert_eq!(read(&bytes), Ok(outline));
        }
    }
}
