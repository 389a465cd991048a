//! The rights that a command of the engine runs with, and how the server is told of them.

use super::context::Context;
use super::guard;
use super::lock;
use super::paused::is_paused;
use super::refusal;
use super::rules;
use super::user::{self, User};
use std::ffi::CStr;

/// The rights that a command runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights<'a> {
    /// For commands of a gear: the rights of this user; `None` is the user of the context.
    User(Option<&'a User>),
    /// The same rights, and the server checks what it checks for a script: a replica, its own replicas, its disk, its memory.
    /// For commands that scripts may run.
    Gear(Option<&'a User>),
    /// The same rights, and the writes of the script that the command runs are refused when the memory is full. For `EVAL` and
    /// its like, which Redis 7.2 and newer let go on otherwise.
    Script(Option<&'a User>),
    /// For commands that the engine runs for a gear, such as those of a reader: the rights of this user, and no gear replaces
    /// the command.
    Reader(Option<&'a User>),
    /// For commands of the engine itself: all rights, and no gear replaces the command.
    Engine,
    /// For questions of the engine: all rights, and nothing is replicated. Redis 6.2 ends with an assertion if a module makes a
    /// call that replicates, and then fails to load.
    Question,
}

impl<'a> Rights<'a> {
    /// The user whose rights count. `None` is the user of the context.
    pub(super) fn user(self) -> Option<&'a User> {
        match self {
            Rights::User(user)
            | Rights::Gear(user)
            | Rights::Script(user)
            | Rights::Reader(user) => user,
            Rights::Engine | Rights::Question => None,
        }
    }

    /// The format of a call: `!` replicates, `C` runs as the user of the context, `E` makes the reason why the server does
    /// not run the command a reply, `S` checks what is checked for a script, `M` checks the memory, `v` is a vector of strings
    /// and its length. Servers before 7.0 know none of the letters.
    fn format(self) -> &'static CStr {
        let is_new = refusal::comes_as_reply();
        match (self, user::is_supported()) {
            (Rights::Question, _) => c"v",
            (Rights::Engine, _) => c"!v",
            _ if !is_new => c"!v",
            (Rights::Script(_), true) if !guard::is_guarded() => c"!CEMv",
            (Rights::Script(_), false) => c"!EMv",
            (Rights::User(_) | Rights::Reader(_) | Rights::Script(_), true) => c"!CEv",
            (Rights::User(_) | Rights::Reader(_), false) => c"!Ev",
            // The server remembers for its main thread whether there was room when the command of the client began.
            (Rights::Gear(_), true) if lock::is_main() && !guard::is_guarded() => c"!CESMv",
            (Rights::Gear(_), true) => c"!CESv",
            (Rights::Gear(_), false) => c"!ESv",
        }
    }
}

/// The format of a call. While its clients are paused, a server before 7.0 ends itself at each call of its main thread that may
/// replicate, whether it writes or not.
pub(super) fn format_of(
    context: &Context,
    rights: Rights<'_>,
    command: &[u8],
    args: &[&[u8]],
) -> &'static CStr {
    let format = rights.format();
    if refusal::comes_as_reply() || rights == Rights::Question || !is_paused() {
        return format;
    }
    let reaches_replicas =
        rules::of(context, command, args).is_some_and(|rules| rules.writes || rules.may_replicate);
    if reaches_replicas { format } else { c"v" }
}
