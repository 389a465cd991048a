//! [`AsId`]: the id argument of commands about executions and registrations.

use super::types::{ExecId, Execution, RegistrationInfo};
use std::borrow::Cow;

/// A type that names an execution or a registration: a string, bytes, [`ExecId`], [`Execution`] or
/// [`RegistrationInfo`].
///
/// ```no_run
/// use redgrease_core::{GearsCommands, connect};
///
/// let mut con = connect("redis://127.0.0.1/")?;
/// for registration in con.dump_registrations()? {
///     con.unregister(&registration)?;
/// }
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the id of an execution or a registration",
    label = "expected a string, bytes, `ExecId`, `Execution` or `RegistrationInfo`"
)]
pub trait AsId {
    /// The id as it is sent to the server.
    fn as_id(&self) -> Cow<'_, [u8]>;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl AsId for $type {
            fn as_id(&self) -> Cow<'_, [u8]> {
                let bytes: &[u8] = self.as_ref();
                Cow::Borrowed(bytes)
            }
        }
    )*};
}

plain!(str, String, [u8], Vec<u8>);

impl AsId for ExecId {
    fn as_id(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.to_string().into_bytes())
    }
}

impl AsId for Execution {
    fn as_id(&self) -> Cow<'_, [u8]> {
        self.id.as_id()
    }
}

impl AsId for RegistrationInfo {
    fn as_id(&self) -> Cow<'_, [u8]> {
        self.id.as_id()
    }
}

#[diagnostic::do_not_recommend]
impl<I: AsId + ?Sized> AsId for &I {
    fn as_id(&self) -> Cow<'_, [u8]> {
        (**self).as_id()
    }
}
