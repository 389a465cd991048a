//! Connects and registers in one step.

use super::asked;
#[cfg(feature = "aio")]
use super::register::register_all_async_with;
use super::register::register_all_with;
use super::report::Report;
#[cfg(feature = "aio")]
use crate::connection::{AsyncCon, Pool, connect_async};
use crate::connection::{BlockingPool, Con, IntoAddresses, PoolOptions, connect};
use crate::error::Result;
use crate::profile::Options;

/// Connects to a server and registers every gear of this program: the first step of most programs.
///
/// Idempotent: gears that the server already has are not sent again. The result is logged at level `info`.
///
/// # Errors
///
/// Those of [`connect`] and of [`register_all`](crate::register_all).
///
/// ```no_run
/// let mut con = redgrease_core::start("redis://127.0.0.1/")?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
pub fn start(address: impl IntoAddresses) -> Result<Con> {
    start_with(address, &Options::new()).map(|(con, _)| con)
}

/// [`start`] with options. The connection keeps them, see [`Options`]. Returns a report as well.
///
/// # Errors
///
/// Those of [`start`].
pub fn start_with(address: impl IntoAddresses, options: &Options) -> Result<(Con, Report)> {
    let mut con = connect(asked::address(address)?)?;
    let report = register_all_with(&mut con, options)?;
    Ok((con, report))
}

/// [`start`] for async programs. Calls over this connection and its clones wait for each other: for many calls at the same
/// time there is [`Pool::start`].
///
/// # Errors
///
/// Those of [`start`].
#[cfg(feature = "aio")]
pub async fn start_async(address: impl IntoAddresses) -> Result<AsyncCon> {
    start_async_with(address, &Options::new())
        .await
        .map(|(con, _)| con)
}

/// [`start_async`] with options. The connection keeps them, see [`Options`]. Returns a report as well.
///
/// # Errors
///
/// Those of [`start`].
#[cfg(feature = "aio")]
pub async fn start_async_with(
    address: impl IntoAddresses,
    options: &Options,
) -> Result<(AsyncCon, Report)> {
    let mut con = connect_async(asked::address(address)?).await?;
    let report = register_all_async_with(&mut con, options).await?;
    Ok((con, report))
}

#[cfg(feature = "aio")]
impl Pool {
    /// Opens a pool and registers every gear of this program: the first step of most async programs.
    ///
    /// # Errors
    ///
    /// Those of [`start`].
    pub async fn start(address: impl IntoAddresses) -> Result<Self> {
        Pool::start_with(address, &Options::new(), &PoolOptions::new())
            .await
            .map(|(pool, _)| pool)
    }

    /// [`start`](Self::start) with options. The pool keeps them, see [`Options`]. Returns a report as well.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start), and a size that makes no sense.
    pub async fn start_with(
        address: impl IntoAddresses,
        options: &Options,
        pool_options: &PoolOptions,
    ) -> Result<(Self, Report)> {
        let address = asked::address(address)?;
        let mut pool = Pool::connect_with(address, pool_options).await?;
        let report = register_all_async_with(&mut pool, options).await?;
        Ok((pool, report))
    }
}

impl BlockingPool {
    /// Opens a pool and registers every gear of this program.
    ///
    /// # Errors
    ///
    /// Those of [`start`].
    pub fn start(address: impl IntoAddresses) -> Result<Self> {
        BlockingPool::start_with(address, &Options::new(), &PoolOptions::new())
            .map(|(pool, _)| pool)
    }

    /// [`start`](Self::start) with options. The pool keeps them, see [`Options`]. Returns a report as well.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start), and a size that makes no sense.
    pub fn start_with(
        address: impl IntoAddresses,
        options: &Options,
        pool_options: &PoolOptions,
    ) -> Result<(Self, Report)> {
        let mut pool = BlockingPool::connect_with(asked::address(address)?, pool_options)?;
        let report = register_all_with(&mut pool, options)?;
        Ok((pool, report))
    }
}
