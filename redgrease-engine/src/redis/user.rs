//! The users whose rights gears have. A gear has the rights of the user that caused it.
//!
//! The context of a command has its user. Work that goes on in another thread remembers the name of the user, and gives it
//! with each command that it runs ([`super::Rights`]). Servers older than 7.0.6 cannot run a command as a user: gears have
//! all rights there.

use super::call::Rights;
use super::context::Context;
use redis_module::raw;
use std::ptr::NonNull;
use std::sync::Arc;

/// A user other than the default user, which contexts have without further action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User(Arc<[u8]>);

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
    let users = super::call(context, Rights::Engine, b"ACL", &[b"USERS"]).ok()?;
    (users.len() > 1).then(|| {
        "ERR this server has users with rights of their own, and before Redis 7.0.6 a gear can not be held to them: use a newer server, or remove the users"
            .to_owned()
    })
}

impl User {
    /// The user that called the command of `context`. `None` for the default user.
    pub(crate) fn of(context: &Context) -> Option<User> {
        // SAFETY: the context is live. The name is freed here once, after it was copied.
        unsafe {
            let current = raw::RedisModule_GetCurrentUserName?;
            let name = NonNull::new(current(context.as_ptr()))?;
            let bytes = super::command::text(name.as_ptr()).bytes();
            let user = (bytes != DEFAULT).then(|| User(bytes.into()));
            rm!(RedisModule_FreeString(context.as_ptr(), name.as_ptr()));
            user
        }
    }

    /// The user of this name, such as a stored session has it.
    pub(crate) fn named(name: &[u8]) -> User {
        User(name.into())
    }

    pub(crate) fn name(&self) -> &[u8] {
        &self.0
    }

    /// The user, or for `None` the default user by its name.
    pub(crate) fn or_default(user: Option<User>) -> User {
        user.unwrap_or_else(|| User(DEFAULT.into()))
    }
}

/// Attaches a user to a context until the value is dropped.
pub(super) struct AsUser<'a> {
    context: &'a Context,
    user: Option<NonNull<raw::RedisModuleUser>>,
}

/// The server has no user of this name any more.
pub(super) struct NoSuchUser;

impl<'a> AsUser<'a> {
    pub(super) fn new(context: &'a Context, user: Option<&User>) -> Result<AsUser<'a>, NoSuchUser> {
        let Some(User(name)) = user else {
            return Ok(AsUser {
                context,
                user: None,
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
                    user: None,
                });
            };
            let ctx = context.as_ptr();
            let text = rm!(RedisModule_CreateString(
                ctx,
                name.as_ptr().cast(),
                name.len()
            ));
            let user = NonNull::new(find(text));
            rm!(RedisModule_FreeString(ctx, text));
            let user = user.ok_or(NoSuchUser)?;
            attach(ctx, user.as_ptr());
            Ok(AsUser {
                context,
                user: Some(user),
            })
        }
    }
}

impl Drop for AsUser<'_> {
    fn drop(&mut self) {
        let Some(user) = self.user else { return };
        // SAFETY: `new` attached the user. It is detached before it is freed, once.
        unsafe {
            if let Some(attach) = raw::RedisModule_SetContextUser {
                attach(self.context.as_ptr(), std::ptr::null());
            }
            rm!(RedisModule_FreeModuleUser(user.as_ptr()));
        }
    }
}
