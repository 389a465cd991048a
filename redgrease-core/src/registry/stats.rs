//! The registration of a gear on a server.

use super::placed::placed;
use super::register::sets_with;
#[cfg(feature = "aio")]
use crate::commands::AsyncGearsCommands;
use crate::commands::{GearsCommands, RegistrationInfo};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, own};
use crate::error::Result;
use crate::gear::Gear;
use crate::profile::Profile;

impl Gear {
    /// The registration of the gear on a server, with its statistics: the number of runs and failures, their duration,
    /// and the last error. `None` if the gear is not registered there.
    ///
    /// In a cluster, these are the numbers of the shard that is asked. A server does not distinguish two functions of
    /// one program for the same prefix, so each of them may get the statistics of the other one.
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
        let profile = own::profile(|| con.get_db());
        self.find(con.dump_registrations()?, &profile)
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
        let profile = own::profile(|| con.get_db());
        self.find(con.dump_registrations().await?, &profile)
    }

    fn find(
        &'static self,
        rows: Vec<RegistrationInfo>,
        profile: &Profile,
    ) -> Result<Option<RegistrationInfo>> {
        let (sets, place) = sets_with(self, profile)?;
        let set = &sets[place];
        let gears = placed(set, profile)?;
        let Some(placed) = gears.iter().find(|p| std::ptr::eq(p.gear, self)) else {
            return Ok(None);
        };
        Ok(rows
            .into_iter()
            .find(|row| row.session.as_ref().is_none_or(|id| *id == set.id) && placed.is(row)))
    }
}
