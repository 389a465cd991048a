//! Reading what a server knows about a gear's registration.

use super::namespace;
use super::placed::placed;
use super::register::set_of;
use super::spec::Gear;
#[cfg(feature = "aio")]
use crate::commands::AsyncGearsCommands;
use crate::commands::{GearsCommands, RegistrationInfo};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::Result;

impl Gear {
    /// The registration of the gear on a server, with its statistics: how often it ran and failed, how long that took,
    /// why it failed last. `None` if it is not registered there.
    ///
    /// In a cluster these are the numbers of the shard that is asked. Gears that nothing tells apart on the server (two
    /// functions for the same prefix in one program) may be given each other's.
    ///
    /// # Errors
    ///
    /// When the connection fails, or the server has no `RG.*` commands.
    ///
    /// ```ignore
    /// if let Some(stats) = cache_get::GEAR.stats(&mut con)? {
    ///     println!("{} calls, {} failed", stats.triggered, stats.failed);
    /// }
    /// ```
    pub fn stats<C: Connection + ?Sized>(
        &'static self,
        con: &mut C,
    ) -> Result<Option<RegistrationInfo>> {
        self.find(con.dump_registrations()?)
    }

    /// [`stats`](Self::stats) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`stats`](Self::stats).
    #[cfg(feature = "aio")]
    pub async fn stats_async<C: AsyncConnection + ?Sized>(
        &'static self,
        con: &mut C,
    ) -> Result<Option<RegistrationInfo>> {
        self.find(con.dump_registrations().await?)
    }

    fn find(&'static self, rows: Vec<RegistrationInfo>) -> Result<Option<RegistrationInfo>> {
        let set = set_of(self)?;
        let gears = placed(&set, namespace::get())?;
        let Some(placed) = gears.iter().find(|p| std::ptr::eq(p.gear, self)) else {
            return Ok(None);
        };
        Ok(rows
            .into_iter()
            .find(|row| row.session.as_ref().is_none_or(|id| *id == set.id) && placed.is(row)))
    }
}
