//! The classes of commands: who may send them.
//!
//! `commands/mod.rs` gives each command its class. The list for operators is in `book/src/engine.md`.

use super::command::Command;
use super::context::Context;
use super::refusal;
use super::requester::Requester;

/// The class of a command.
pub(crate) trait Class {
    /// The command brings in code, or changes what other users registered. It is in the categories `@admin` and `@dangerous`
    /// of servers that have categories for commands of modules.
    const IS_ADMIN: bool;
    /// The command comes from a master or from a file, and never from a client.
    const IS_INTERNAL: bool;
}

/// For every user with access to the module's commands.
pub(crate) struct Public;

/// For users who may bring in code.
pub(crate) struct Admin;

/// For masters and files.
pub(crate) struct Internal;

impl Class for Public {
    const IS_ADMIN: bool = false;
    const IS_INTERNAL: bool = false;
}

impl Class for Admin {
    const IS_ADMIN: bool = true;
    const IS_INTERNAL: bool = false;
}

impl Class for Internal {
    const IS_ADMIN: bool = true;
    const IS_INTERNAL: bool = true;
}

/// The error of a requester that has no right to a command of this class. The server has checked the rights that it knows.
pub(super) fn denial<C: Command, K: Class>(context: &Context) -> Option<String> {
    // Access rules of older servers have no categories for this command. `-rg.pyexecute` has to be enough there.
    if !K::IS_ADMIN || has_categories() {
        return None;
    }
    let requester = Requester::of(context);
    if requester.may_send_code() {
        return None;
    }
    requester.log_denial(context, C::NAME);
    Some(refusal::words(libc::EACCES, C::NAME.as_bytes(), &[]))
}

/// The error of a client that sends an internal command.
pub(super) fn misuse<C: Command, K: Class>(context: &Context) -> Option<String> {
    (K::IS_INTERNAL && !context.is_told()).then(|| {
        let name = C::NAME.to_uppercase();
        let instead = C::INSTEAD;
        format!("ERR {name} is for masters and AOF files only: {instead}")
    })
}

/// `true` if commands of modules can be in categories of access rules.
pub(super) fn has_categories() -> bool {
    // SAFETY: the static is written once, while the module loads. A copy of it is read.
    unsafe { super::raw::RedisModule_SetCommandACLCategories }.is_some()
}
