//! Sessions on a server that belong to this program, and that the program does not contain.

#[cfg(feature = "aio")]
use super::exchange::drive_async;
use super::exchange::{Exchange, Kind, drive};
use super::found::Found;
use super::owner::{Overlap, Verdict};
use super::set::{GearSet, gears, group};
use crate::commands::{Session, cmd, reply};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::profile::{Options, Profile};
use std::cmp::Ordering;
use std::fmt;

/// A session of this program that the program does not contain: of a binary that was deleted, or of one that has no gears
/// any longer, or from the time when the session had another name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orphan {
    /// Id of the session.
    pub session: String,
    /// Name of the package that registered it.
    pub package: String,
    /// Version of that package.
    pub version: String,
    /// Its gears, by the names they were registered under.
    pub gears: Vec<String>,
    /// Whether the package still has the target (the library, binary or example) of the session. Such a session may belong
    /// to another program of the package that runs elsewhere.
    pub has_target: bool,
    /// Ids of its registrations.
    registrations: Vec<String>,
}

impl fmt::Display for Orphan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "session `{}` of the package `{}`, version {}: {}",
            self.session,
            self.package,
            self.version,
            self.gears.join(", ")
        )
    }
}

/// Lists the sessions on the server that belong to this program, and that the program does not contain. Changes nothing.
///
/// A session belongs to this program if its package has the same name, and the same repository, name of the session, git remote or
/// folder: see [`Options::take_over`]. Sessions of other programs, of other namespaces, and of newer versions are not listed.
///
/// # Errors
///
/// When the program has no gears, or the connection fails.
///
/// ```no_run
/// use redgrease_core::{Options, connect, orphans, unregister_orphans};
///
/// let mut con = connect("redis://127.0.0.1/")?;
/// let mut orphans = orphans(&mut con, &Options::new())?;
/// // Other binaries of this package may still run.
/// orphans.retain(|orphan| !orphan.has_target);
/// for orphan in &orphans {
///     println!("removing the {orphan}");
/// }
/// unregister_orphans(&mut con, &orphans)?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
pub fn orphans<C: Connection + ?Sized>(con: &mut C, options: &Options) -> Result<Vec<Orphan>> {
    drive(con, listing(Kind::Blocking, options)?)
}

/// [`orphans`] over an async connection.
///
/// # Errors
///
/// Those of [`orphans`].
#[cfg(feature = "aio")]
pub async fn orphans_async<C: AsyncConnection + ?Sized>(
    con: &mut C,
    options: &Options,
) -> Result<Vec<Orphan>> {
    let exchange = listing(Kind::Async, options)?;
    drive_async(Some(con), exchange).await
}

/// Unregisters the gears of [`orphans`]. Returns how many registrations were removed.
///
/// What was registered since the orphans were listed stays.
///
/// # Errors
///
/// When the server refuses it, or the connection fails.
pub fn unregister_orphans<C: Connection + ?Sized>(
    con: &mut C,
    orphans: &[Orphan],
) -> Result<usize> {
    drive(con, removal(Kind::Blocking, orphans))
}

/// [`unregister_orphans`] over an async connection.
///
/// # Errors
///
/// Those of [`unregister_orphans`].
#[cfg(feature = "aio")]
pub async fn unregister_orphans_async<C: AsyncConnection + ?Sized>(
    con: &mut C,
    orphans: &[Orphan],
) -> Result<usize> {
    let exchange = removal(Kind::Async, orphans);
    drive_async(Some(con), exchange).await
}

fn listing(kind: Kind, options: &Options) -> Result<Exchange<'static, Result<Vec<Orphan>>>> {
    let profile = Profile::of(options)?;
    let gears = profile.gears.clone().unwrap_or_else(gears);
    let sets = group(&gears, &profile)?;
    let limit = profile.registration_timeout.0;
    Ok(Exchange::new(kind, limit, |link| async move {
        Ok(among(&link.sessions().await?, &sets))
    }))
}

fn removal(kind: Kind, orphans: &[Orphan]) -> Exchange<'static, Result<usize>> {
    let ids: Vec<String> = orphans
        .iter()
        .flat_map(|orphan| orphan.registrations.clone())
        .collect();
    // Each of its commands is answered at once, and has a limit of its own.
    Exchange::new(kind, None, |link| async move {
        let mut count = 0;
        let sessions = link.sessions().await?;
        let there = |id: &&String| sessions.iter().any(|one| one.registrations.contains(id));
        for id in ids.iter().filter(there) {
            reply::ok(link.send(cmd::unregister(id, false)).await?)?;
            count += 1;
        }
        Ok(count)
    })
}

/// The orphans among the sessions of a server.
pub(super) fn among(sessions: &[Session], sets: &[GearSet]) -> Vec<Orphan> {
    let is_known = |session: &&Session| sets.iter().any(|set| set.id == session.id);
    let others = sessions.iter().filter(|one| !is_known(one) && !one.dead);
    others
        .filter_map(|session| {
            let found = Found::of(&session.id, std::slice::from_ref(session));
            sets.iter().find_map(|set| orphan(&found, set))
        })
        .collect()
}

/// The session as an orphan of the program of a set.
fn orphan(found: &Found<'_>, set: &GearSet) -> Option<Orphan> {
    let session = found.session?;
    let description = found.description.as_ref()?;
    let owner = description.owner.as_ref()?;
    // Gears prove nothing here: all of them would be removed.
    let lost = Overlap {
        removed: description.gears.len().max(1),
        ..Overlap::default()
    };
    let is_ours = set.owner.recognise(owner, lost) == Verdict::Same
        && description.namespace == set.namespace
        && found.compared_to(set.version) != Some(Ordering::Greater);
    is_ours.then(|| Orphan {
        session: session.id.clone(),
        package: owner.package.clone(),
        version: description.version.clone(),
        gears: description.gears.keys().cloned().collect(),
        has_target: set.has_target(&session.id) != Some(false),
        registrations: session.registrations.clone(),
    })
}
