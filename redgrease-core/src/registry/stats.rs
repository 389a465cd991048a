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
    /// Over a connection of this crate to a cluster, the numbers of all shards are added up; over one of redis-rs they are those of
    /// the shard that is asked. A server does not distinguish two functions of one program for the same prefix, so each of them may
    /// get the statistics of the other one.
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
        let rows = if is_clustered(|| con.get_db()) {
            con.dump_registrations_cluster()?
        } else {
            con.dump_registrations()?
        };
        self.find(rows, &profile)
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
        let rows = if is_clustered(|| con.get_db()) {
            con.dump_registrations_cluster().await?
        } else {
            con.dump_registrations().await?
        };
        self.find(rows, &profile)
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

/// Whether a connection leads to a cluster.
fn is_clustered(get_db: impl FnOnce() -> i64) -> bool {
    own::endpoint(get_db).is_some_and(|endpoint| endpoint.primaries().is_some())
}
