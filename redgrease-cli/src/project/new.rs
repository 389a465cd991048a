//! `redgrease new`: a crate with a gear and its test.

use super::template::Kind;
use super::{clone, name, place, template};
use crate::app::App;
use crate::failure::Failure;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A program that was built in a clone of RedGrease makes crates that depend on this clone, and any other one \
                  crates that depend on the published version."
)]
pub(crate) struct Args {
    /// Folder of the new crate
    path: PathBuf,
    /// Make an axum service, not a program that calls a gear
    #[arg(long)]
    web: bool,
    /// Name of the package; none: that of the folder
    #[arg(long)]
    name: Option<String>,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let kind = if args.web { Kind::Web } else { Kind::Gear };
    let clone = clone::find();
    let folder = place::of(&args.path, clone.as_deref())?;
    let last = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = args.name.as_deref().unwrap_or(&last);
    let lock = clone.as_deref().map(template::lock).transpose()?;
    let mut files = template::files(clone.as_deref(), kind, name)?;
    let dependencies = match &lock {
        Some(lock) => template::packages(lock),
        None => template::dependencies(&files),
    };
    name::check(name, &dependencies)?;
    files.extend(lock.map(|lock| ("Cargo.lock".to_owned(), lock)));
    for (file, text) in files {
        let file = folder.join(file);
        let parent = file.parent().unwrap_or(&folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, text))
            .map_err(|e| {
                Failure::failed(format!(
                    "{} could not be written ({e}): name another folder",
                    file.display()
                ))
            })?;
    }
    if app.out.is_json() {
        return app
            .out
            .json(&json!({ "path": folder.to_string_lossy(), "name": name, "kind": kind.name() }));
    }
    app.out.line(format!(
        "Made the crate `{name}` in {}. Next:",
        folder.display()
    ))?;
    if redgrease_embedded::find_engine().is_err() {
        app.out
            .line("  redgrease engine install   # one time: the engine for your user")?;
    }
    app.out
        .line(format!("  cd {}", crate::output::shell_word(&folder)))?;
    app.out.line("  cargo test")
}
