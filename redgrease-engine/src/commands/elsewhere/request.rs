//! A command on its way to another shard, and running it.

use crate::config::{Change, Config};
use crate::encoding::{Damaged, Input, write_bytes, write_number, write_optional};
use crate::redis::{Context, OwnedReply, Requester, Rights, User, call};

/// The version of the format.
const FORMAT: u8 = 1;

/// When the other shard answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    /// With the first reply, when the execution that the command names has ended.
    AtEnd,
    /// With the reply of another try, when that execution has ended.
    AgainAtEnd,
    /// Without running the command, which changes settings: OK if it could do so.
    Checked,
}

impl When {
    const ALL: [When; 4] = [When::Now, When::AtEnd, When::AgainAtEnd, When::Checked];
}

/// A command, and the user who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// `None` for a master, a file and the engine itself.
    pub(super) user: Option<User>,
    pub(super) when: When,
    /// The name of the command, then its arguments.
    pub(super) words: Vec<Vec<u8>>,
}

impl Request {
    /// The command as the requester of `context` sends it.
    pub(super) fn of(context: &Context, when: When, words: &[&[u8]]) -> Request {
        Request {
            user: Requester::of(context).user().cloned(),
            when,
            words: words.iter().map(|word| word.to_vec()).collect(),
        }
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        write_optional(&mut out, self.user.as_ref().map(User::name));
        let when = When::ALL.iter().position(|when| *when == self.when);
        out.push(
            when.and_then(|at| u8::try_from(at).ok())
                .unwrap_or_default(),
        );
        write_number(&mut out, self.words.len() as u64);
        self.words
            .iter()
            .for_each(|word| write_bytes(&mut out, word));
        out
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Request, Damaged> {
        let mut input = Input::of_format(bytes, FORMAT)?;
        let user = input.optional()?.map(User::named);
        let when = When::ALL.get(usize::from(input.tag()?)).copied();
        let word = |input: &mut Input<'_>| input.bytes().map(<[u8]>::to_vec);
        let words = input.many(word)?;
        let when = when.ok_or(Damaged::Wrong)?;
        input.end(Request { user, when, words })
    }

    /// Runs the command on this server, with the rights that the user has here. Returns the reply in bytes of the protocol.
    ///
    /// # Errors
    /// If the command is not for other shards, or the user cannot be found here.
    pub(super) fn run(&self, context: &Context) -> Result<Vec<u8>, String> {
        let (name, args) = self.words.split_first().ok_or(NOT_FOR_SHARDS)?;
        if !is_forwarded(name) {
            return Err(NOT_FOR_SHARDS.to_owned());
        }
        let rights = match &self.user {
            None => Rights::Engine,
            Some(user) => {
                user.may_act(context)?;
                Rights::User(Some(user))
            }
        };
        let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        if self.when == When::Checked {
            let words: Vec<&[u8]> = self.words.iter().map(Vec::as_slice).collect();
            let user = self.user.as_ref();
            user.map_or(Ok(()), |user| user.may_run(context, &words))?;
            check_settings(&args)?;
            return Ok(b"+OK\r\n".to_vec());
        }
        Ok(match call(context, rights, name, &args) {
            Ok(reply) => reply.protocol().to_vec(),
            // The server's words, as a client there would get them.
            Err(refused) => format!("-{}\r\n", one_line(&refused.message())).into_bytes(),
        })
    }
}

/// The commands that other shards run when they are asked.
const FORWARDED: &[&str] = &[
    "rg.abortexecution",
    "rg.clearregistrationsstats",
    "rg.configget",
    "rg.configset",
    "rg.dropexecution",
    "rg.dumpexecutions",
    "rg.dumpregistrations",
    "rg.getexecution",
    "rg.getresults",
    "rg.pauseregistrations",
    "rg.pydumpreqs",
    "rg.pydumpsessions",
    "rg.pystats",
    "rg.unpauseregistrations",
];

fn is_forwarded(name: &[u8]) -> bool {
    let mut known = FORWARDED.iter().map(|known| known.as_bytes());
    known.any(|known| known.eq_ignore_ascii_case(name))
}

/// Checks names and values of settings, in turn.
fn check_settings(words: &[&[u8]]) -> Result<(), String> {
    for pair in words.chunks(2) {
        let (name, value) = (
            pair.first().copied().unwrap_or_default(),
            pair.get(1).copied(),
        );
        if name.eq_ignore_ascii_case(b"cluster") {
            return Err("a setting of a cluster cannot have the name CLUSTER".to_owned());
        }
        if let Change::Refused(reason) = Config::check(name, value) {
            return Err(match (value, Config::accepted(name)) {
                (Some(value), Some(accepted)) => {
                    let value = String::from_utf8_lossy(value);
                    format!("{reason}: `{value}` is not {accepted}")
                }
                _ => reason,
            });
        }
    }
    Ok(())
}

const NOT_FOR_SHARDS: &str = "the command is not one that shards send to each other: use the same version of the engine on all shards";

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// The reply in the bytes that another shard has sent.
pub(super) fn reply_in(bytes: &[u8]) -> Result<OwnedReply, String> {
    OwnedReply::parse(bytes).ok_or_else(|| {
        "its reply could not be read: use the same version of the engine on all shards".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::locked;
    use proptest::prelude::*;

    fn request() -> impl Strategy<Value = Request> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..8);
        let when = proptest::sample::select(When::ALL.to_vec());
        let words = proptest::collection::vec(bytes(), 0..4);
        (proptest::option::of(bytes()), when, words).prop_map(|(user, when, words)| Request {
            user: user.map(|name| User::named(&name)),
            when,
            words,
        })
    }

    #[test]
    fn commands_that_no_shard_sends_are_not_run() {
        for name in [
            "RG.InnerRegister",
            "rg.innertimeevent",
            "rg.pyexecute",
            "set",
            "",
        ] {
            let request = Request {
                user: None,
                when: When::Now,
                words: vec![name.into()],
            };
            let refused = locked(|context| request.run(context));
            assert_eq!(refused, Err(NOT_FOR_SHARDS.to_owned()), "{name}");
        }
        assert!(is_forwarded(b"RG.GetExecution"));
    }

    proptest! {
        #[test]
        fn a_request_comes_back_and_every_cut_is_noticed(request in request()) {
            let bytes = request.write();
            prop_assert_eq!(Request::read(&bytes), Ok(request));
            for cut in 0..bytes.len() {
                prop_assert!(Request::read(&bytes[..cut]).is_err());
            }
        }

        #[test]
        fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Request::read(&bytes);
        }
    }
}
