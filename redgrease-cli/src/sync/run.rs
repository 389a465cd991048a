//! `redgrease sync PATH..`, and `redgrease PATH..`.

use super::discover::{Found, Roots};
use super::load::{self, Compared, Memory};
use super::settings::{Flags, Settings, WatchFlags};
use super::{ending, log_config, planned, watch};
use crate::app::{App, connect_to};
use crate::failure::Failure;
use redgrease_core::Con;
use std::path::{Path, PathBuf};

/// Makes the server run the scripts of the paths, and no older ones.
///
/// Requirements are installed first. Each script is a session, which a change replaces as a whole: there is no moment without a
/// handler. A script that fails leaves its last version running. The scripts of files that are gone are removed. A script that
/// registers nothing runs when it is new and after each change.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts, files of requirements, and directories of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    watch: WatchFlags,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let settings = Settings::new(app, &args.flags, Some(&args.watch))?;
    if let Some(path) = &settings.log_config {
        let begins = log_config::begin(path)?;
        if !begins {
            app.out
                .warn("--log-config is not used, because -vv shows the log: leave one of them out");
        }
    }
    if let Some(time) = settings.watch.filter(|_| !args.dry_run) {
        let roots = Roots::new(&args.paths, &settings)?;
        return watch::run(app, &settings, &roots, time);
    }
    let (mut con, compared) = compared(app, &settings, &args.paths)?;
    if args.dry_run {
        return planned::show(app, &compared);
    }
    load_once(app, &settings, &mut con, &compared)
}

/// Warns about what was given and does not count.
pub(super) fn warn_about(app: &App, found: &Found) {
    for path in &found.left_out {
        app.out.warn(format_args!(
            "{} is left out, because it is hidden or a pattern of --ignore fits its name",
            path.display()
        ));
    }
}

pub(super) fn warn_empty(app: &App, name: &str) {
    app.out.warn(format_args!(
        "{name} is empty: what the server has of it stays; remove the file to take its handlers away"
    ));
}

pub(super) fn warn_gone(app: &App, path: &Path) {
    app.out.warn(format_args!(
        "the directory {} is gone: its scripts stay as they are until it is back",
        path.display()
    ));
}

/// Connects, reads files and server, and compares them.
pub(super) fn compared(
    app: &App,
    settings: &Settings,
    paths: &[PathBuf],
) -> Result<(Con, Compared), Failure> {
    let roots = Roots::new(paths, settings)?;
    let mut con = connect_to(&settings.url)?;
    let found = roots.scan(settings);
    warn_about(app, &found);
    found.gone.iter().for_each(|path| warn_gone(app, path));
    found.empty.iter().for_each(|name| warn_empty(app, name));
    let compared = load::compare(&mut con, settings, &roots, found)?;
    Ok((con, compared))
}

/// Sends what differs, and tells the result.
pub(super) fn load_once(
    app: &App,
    settings: &Settings,
    con: &mut Con,
    compared: &Compared,
) -> Result<(), Failure> {
    ending::end_on_signals(settings.url.clone())?;
    let report = load::load(app, con, settings, compared, &mut Memory::default())?;
    report.finish(app)?;
    if report.has_failures() {
        return Err(Failure::said());
    }
    Ok(())
}
