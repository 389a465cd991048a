//! Whose rights a gear has: those of whoever caused it.
//!
//! A command's own context carries its user. Work that goes on in another thread remembers the
//! user's name, and names it with each command it runs ([`super::Rights`]). Servers older than 7.0.6 cannot run a
//! command as a user: there, gears may do everything.

use super::call::Rights;
use super::context::Context;
use redis_module::raw;
use std::ptr::NonNull;
use std::sync::Arc;

/// A user other than the default one, which is what contexts have anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User(Arc<[u8]>);

const DEFAULT: &[u8] = b"default";

/// Whether the server can run a command as a user.
pub(super) fn is_supported() -> bool {
    // SAFETY: the statics are written once, while loading; copies are read.
    unsafe {
        let attach = raw::RedisModule_SetContextUser;
        let find = raw::RedisModule_GetModuleUserFromUserName;
        let name = raw::RedisModule_GetCurrentUserName;
        attach.is_some() && find.is_some() && name.is_some()
    }
}

/// Why this server must not run gears, if so: it has users with different rights and no way to run
/// a command with the rights of one of them.
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
    /// Who called this command; `None` for the default user.
    pub(crate) fn of(context: &Context) -> Option<User> {
        // SAFETY: the context is live; the name is ours to free.
        unsafe {
            let current = raw::RedisModule_GetCurrentUserName?;
            let name = NonNull::new(current(context.as_ptr()))?;
            let bytes = super::command::text(name.as_ptr()).bytes();
            let user = (bytes != DEFAULT).then(|| User(bytes.into()));
            rm!(RedisModule_FreeString(context.as_ptr(), name.as_ptr()));
            user
        }
    }

    /// A user by its name, which a stored session has.
    pub(crate) fn named(name: &[u8]) -> User {
        User(name.into())
    }

    pub(crate) fn name(&self) -> &[u8] {
        &self.0
    }

    /// The default user by its name, where it has to be said.
    pub(crate) fn or_default(user: Option<User>) -> User {
        user.unwrap_or_else(|| User(DEFAULT.into()))
    }
}

/// A context that has a user for as long as the value lives.
pub(super) struct AsUser<'a> {
    context: &'a Context,
    user: Option<NonNull<raw::RedisModuleUser>>,
}

/// The user is not there any more.
pub(super) struct NoSuchUser;

impl<'a> AsUser<'a> {
    pub(super) fn new(context: &'a Context, user: Option<&User>) -> Result<AsUser<'a>, NoSuchUser> {
        let Some(User(name)) = user else {
            return Ok(AsUser {
                context,
                user: None,
            });
        };
        // SAFETY: the context is live; the string is made for this look-up; the user is freed when
        // this value is dropped, after the context has forgotten it.
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
        // SAFETY: attached by `new`; the context forgets the user before it is freed.
        unsafe {
            if let Some(attach) = raw::RedisModule_SetContextUser {
                attach(self.context.as_ptr(), std::ptr::null());
            }
            rm!(RedisModule_FreeModuleUser(user.as_ptr()));
        }
    }
}
