//! The connections that gears can be called on. Both traits are empty: they exist for their error messages.

/// Any blocking redis-rs connection: `Con`, `redis::Connection`, `redis::Client`, cluster connections, pool guards.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection a gear can be called on",
    label = "expected a blocking redis connection here",
    note = "an async connection goes with an `async fn` gear, or with `.on_async(..)`"
)]
pub trait Connection: redis::ConnectionLike {}

#[diagnostic::do_not_recommend]
impl<C: redis::ConnectionLike + ?Sized> Connection for C {}

/// Any async redis-rs connection: `AsyncCon`, multiplexed connections, connection managers, cluster connections.
#[cfg(feature = "aio")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection an async gear can be called on",
    label = "expected an async redis connection here",
    note = "for the guard of a connection pool write `&mut *guard`",
    note = "a blocking connection goes with a `fn` gear"
)]
pub trait AsyncConnection: redis::aio::ConnectionLike + Send {}

#[cfg(feature = "aio")]
#[diagnostic::do_not_recommend]
impl<C: redis::aio::ConnectionLike + Send + ?Sized> AsyncConnection for C {}
