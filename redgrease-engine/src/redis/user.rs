//! The users whose rights gears have. A gear has the rights of the user that caused it.
//!
//! The context of a command has its user. Work that goes on in another thread remembers the name of the user, and gives it
//! with each command that it runs ([`super::Rights`]). Servers older than 7.0.6 cannot run a command as a user: gears have
//! all rights there.

use super::call::{OwnedReply, ReplyKind, Rights};
use super::context::Context;
use super::raw;
use super::seen_users;
use smallvec::SmallVec;
use std::ptr::NonNull;
use std::sync::Arc;

/// A user other than the default user, which contexts have without further action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User(Arc<[u8]>);

/// Whether gears can act for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    /// The server has no user of this name any more.
    Gone,
    /// The user is switched off.
    Disabled,
}

const DEFAULT: &[u8] = b"default";

/// `true` if the server can run a command as a user.
pub(super) fn is_supported() -> bool {
    // SAFETY: the statics are written once, while the module loads. Copies of them are read.
    unsafe {
        let attach = raw::RedisModule_SetContextUser;
        let find = raw::RedisModule_GetModuleUserFromUserName;
        let name = raw::RedisModule_GetCurrentUserName;
        attach.is_some() && find.is_some() && name.is_some()
    }
}

/// The error of a server that must not run gears, because it has several users and cannot run a command with the rights of
/// one of them. `None` if the server may run gears.
pub(crate) fn cannot_keep_rights(context: &Context) -> Option<String> {
    if is_supported() {
        return None;
    }
    let users = super::call(context, Rights::Question, b"ACL", &[b"USERS"]).ok()?;
    (users.len() > 1).then(|| {
        "ERR this server has users with rights of their own, and before Redis 7.0.6 a gear can not be held to them: use a newer server, or remove the users"
            .to_owned()
    })
}

/// The name of the user of `context`, or null.
///
/// # Safety
/// The caller frees the name.
pub(super) unsafe fn current_name(context: &Context) -> Option<*mut raw::RedisModuleString> {
    let ctx = context.as_ptr();
    // SAFETY: the context is live. `GetCurrentUserName` is only called if the context has a user: otherwise it would read
    // through a null pointer.
    unsafe {
        let current = raw::RedisModule_GetCurrentUserName?;
        let client = raw::RedisModule_GetClientId?;
        let of_client = raw::RedisModule_GetClientUserNameById?;
        // The client of a command that a module runs may have the id of any connection, because the server uses it again.
        if !context.denies_blocking() {
            *libc::__errno_location() = 0;
            let name = of_client(ctx, client(ctx));
            if !name.is_null() || *libc::__errno_location() == libc::ENOTSUP {
                return Some(name);
            }
        }
        has_user(ctx).then(|| current(ctx))
    }
}

/// `true` if the context has a user. The server says so when it is asked to run a command as that user: here one that does
/// not exist.
///
/// # Safety
/// The context is live and locked.
unsafe fn has_user(ctx: *mut raw::RedisModuleCtx) -> bool {
    // SAFETY: the caller guarantees that the context is live. The format takes no arguments. A reply is freed once.
    unsafe {
        let _passes = super::filter::pass_next();
        *libc::__errno_location() = 0;
        let reply = rm!(RedisModule_Call(
            ctx,
            c"rg.nosuchcommand".as_ptr(),
            c"C".as_ptr()
        ));
        let errno = *libc::__errno_location();
        if !reply.is_null() {
            rm!(RedisModule_FreeCallReply(reply));
        }
        errno != libc::ENOTSUP
    }
}

impl User {
    /// The user that called the command of `context`. `None` for the default user, and for a context without a user: that of
    /// a command that a master or a file sends, of an event or of a timer.
    pub(crate) fn of(context: &Context) -> Option<User> {
        let ctx = context.as_ptr();
        // SAFETY: the context is live. The name is freed here once, after it was copied.
        unsafe {
            let name = NonNull::new(current_name(context)?)?;
            let bytes = super::command::text(name.as_ptr()).bytes();
            let user = (bytes != DEFAULT).then(|| User(bytes.into()));
            rm!(RedisModule_FreeString(ctx, name.as_ptr()));
            user
        }
    }

    /// The user that calls the command of `context`, named even if it is the default user. `None` for a context without a user,
    /// and on servers that do not tell.
    pub(super) fn calling(context: &Context) -> Option<User> {
        let ctx = context.as_ptr();
        // SAFETY: the context is live. The name is freed here once, after it was copied.
        unsafe {
            let name = NonNull::new(current_name(context)?)?;
            let user = User(super::command::text(name.as_ptr()).bytes().into());
            rm!(RedisModule_FreeString(ctx, name.as_ptr()));
            Some(user)
        }
    }

    /// The user of this name, such as a stored session has it.
    pub(crate) fn named(name: &[u8]) -> User {
        User(name.into())
    }

    pub(crate) fn name(&self) -> &[u8] {
        &self.0
    }

    /// Whether gears can act for the user. A server that cannot run a command as a user does not ask.
    pub(crate) fn standing(&self, context: &Context) -> Standing {
        if !is_supported() || seen_users::is_seen(context, self) {
            return Standing::Good;
        }
        let standing = self.ask_for_standing(context);
        if standing == Standing::Good {
            seen_users::see(context, self);
        }
        standing
    }

    fn ask_for_standing(&self, context: &Context) -> Standing {
        let args: [&[u8]; 2] = [b"GETUSER", self.name()];
        let Ok(reply) = super::call(context, Rights::Engine, b"ACL", &args) else {
            return Standing::Good;
        };
        // The fields of the user, `flags` first; nothing if there is no such user.
        match reply.kind() {
            ReplyKind::Null => Standing::Gone,
            ReplyKind::Array if reply.len() == 0 => Standing::Gone,
            ReplyKind::Array => {
                let flags = reply.element(1);
                let is_off = flags.is_some_and(|flags| {
                    let mut flags = flags.elements();
                    flags.any(|flag| flag.bytes() == b"off")
                });
                if is_off {
                    Standing::Disabled
                } else {
                    Standing::Good
                }
            }
            _ => Standing::Good,
        }
    }

    /// Checks that the user may run a command, with these words as its arguments. The error is the reason, in the words of the
    /// server. A server that cannot run a command as a user lets every user.
    pub(crate) fn may_run(&self, context: &Context, words: &[&[u8]]) -> Result<(), String> {
        if !is_supported() {
            return Ok(());
        }
        let mut args: Vec<&[u8]> = vec![b"DRYRUN", self.name()];
        args.extend_from_slice(words);
        match super::call(context, Rights::Engine, b"ACL", &args) {
            // The reply is the status OK, or the reason as a text.
            Ok(reply) => match OwnedReply::of(reply.borrow()) {
                OwnedReply::Text(why) => Err(String::from_utf8_lossy(&why).into_owned()),
                OwnedReply::Error(why) => Err(why),
                _ => Ok(()),
            },
            Err(failure) => Err(failure.message()),
        }
    }

    /// `true` if the user may run all commands with all keys. `false` may also mean that nothing is known.
    pub(super) fn is_unrestricted(&self, context: &Context) -> bool {
        if !is_supported() {
            return true;
        }
        let args: [&[u8]; 2] = [b"GETUSER", self.name()];
        let Ok(reply) = super::call(context, Rights::Engine, b"ACL", &args) else {
            return false;
        };
        let is = |name: &[u8], value: &[u8]| {
            (0..reply.len()).step_by(2).any(|index| {
                let field = reply.element(index);
                let found = reply.element(index + 1);
                field.is_some_and(|field| field.bytes() == name)
                    && found.is_some_and(|found| found.bytes() == value)
            })
        };
        is(b"commands", b"+@all") && is(b"keys", b"~*")
    }

    /// `true` if both are the same user. `None` is the default user.
    pub(super) fn is(&self, other: Option<&User>) -> bool {
        self.name() == other.map_or(DEFAULT, User::name)
    }

    /// The user, or for `None` the default user by its name.
    pub(crate) fn or_default(user: Option<User>) -> User {
        user.unwrap_or_else(|| User(DEFAULT.into()))
    }
}

/// Attaches a user to a context until the value is dropped.
pub(super) struct AsUser<'a> {
    context: &'a Context,
    attached: Option<Attached<'a>>,
}

struct Attached<'a> {
    user: &'a User,
    raw: NonNull<raw::RedisModuleUser>,
}

/// The server has no user of this name any more.
pub(super) struct NoSuchUser;

impl<'a> AsUser<'a> {
    pub(super) fn new(
        context: &'a Context,
        user: Option<&'a User>,
    ) -> Result<AsUser<'a>, NoSuchUser> {
        let Some(user) = user else {
            return Ok(AsUser {
                context,
                attached: None,
            });
        };
        // SAFETY: the context is live, and the value borrows it. The string is made for this call and freed after it. The
        // user is freed when the value is dropped, after it was detached from the context.
        unsafe {
            let (Some(find), Some(attach)) = (
                raw::RedisModule_GetModuleUserFromUserName,
                raw::RedisModule_SetContextUser,
            ) else {
                return Ok(AsUser {
                    context,
                    attached: None,
                });
            };
            let name = user.name();
            let ctx = context.as_ptr();
            let text = rm!(RedisModule_CreateString(
                ctx,
                name.as_ptr().cast(),
                name.len()
            ));
            let found = NonNull::new(find(text));
            rm!(RedisModule_FreeString(ctx, text));
            let raw = found.ok_or(NoSuchUser)?;
            attach(ctx, raw.as_ptr());
            Ok(AsUser {
                context,
                attached: Some(Attached { user, raw }),
            })
        }
    }

    /// The attached user.
    pub(super) fn user(&self) -> Option<&'a User> {
        self.attached.as_ref().map(|attached| attached.user)
    }

    /// `true` if the server allows the attached user the command. `args` are the server's strings of its arguments, of which the
    /// command may have so many.
    pub(super) fn may_run(&self, command: &[u8], args: &[*mut raw::RedisModuleString]) -> bool {
        let Some(Attached { raw: user, .. }) = self.attached else {
            return true;
        };
        let ctx = self.context.as_ptr();
        // SAFETY: the context and the user are live. The name is made for this call and freed after it; the server reads the
        // strings only.
        unsafe {
            let Some(check) = raw::RedisModule_ACLCheckCommandPermissions else {
                return true;
            };
            let name = rm!(RedisModule_CreateString(
                ctx,
                command.as_ptr().cast(),
                command.len()
            ));
            let mut words: SmallVec<[_; 8]> = SmallVec::with_capacity(args.len() + 1);
            words.push(name);
            words.extend_from_slice(args);
            let count = libc::c_int::try_from(words.len()).unwrap_or(libc::c_int::MAX);
            *libc::__errno_location() = 0;
            let outcome = check(user.as_ptr(), words.as_mut_ptr(), count);
            let errno = *libc::__errno_location();
            rm!(RedisModule_FreeString(ctx, name));
            outcome == super::api::OK || errno != libc::EACCES
        }
    }

    /// Adds an entry about the attached user to `ACL LOG`.
    pub(super) fn log_denial(&self, object: &[u8], reason: raw::RedisModuleACLLogEntryReason) {
        let Some(Attached { raw: user, .. }) = self.attached else {
            return;
        };
        let ctx = self.context.as_ptr();
        // SAFETY: the context and the user are live. The string is made for this call, the server copies it, and it is freed.
        unsafe {
            let Some(add) = raw::RedisModule_ACLAddLogEntry else {
                return;
            };
            let object = rm!(RedisModule_CreateString(
                ctx,
                object.as_ptr().cast(),
                object.len()
            ));
            add(ctx, user.as_ptr(), object, reason);
            rm!(RedisModule_FreeString(ctx, object));
        }
    }
}

impl Drop for AsUser<'_> {
    fn drop(&mut self) {
        let Some(Attached { raw: user, .. }) = self.attached else {
            return;
        };
        // SAFETY: `new` attached the user. It is detached before it is freed, once.
        unsafe {
            if let Some(attach) = raw::RedisModule_SetContextUser {
                attach(self.context.as_ptr(), std::ptr::null());
            }
            rm!(RedisModule_FreeModuleUser(user.as_ptr()));
        }
    }
}
