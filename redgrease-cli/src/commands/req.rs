//! `redgrease req`: Python packages that sessions require.

use super::script::{read_bytes, read_stdin};
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Table, one_line, without_passwords};
use redgrease_core::{
    Con, ExportedRequirement, GearsCommands as _, Requirement, SessionsOptions, normalized_name,
};
use redgrease_syntax::nearest;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the packages that sessions require
    Ls,
    /// Write an installed package with its files to a file
    Export {
        /// The requirement as `ls` lists it, or the name of its package
        name: String,
        /// The file; `-` stands for the standard output
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Install packages from exported files, without a download
    Import {
        /// The files; `-` stands for the standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Print a requirements file with the exact versions that are installed
    Lock {
        /// Only the packages of this session; can be given several times
        #[arg(long, value_name = "ID")]
        session: Vec<String>,
        /// Write the file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut con = app.connect()?;
    match &args.action {
        Action::Ls => list(app, &mut con),
        Action::Export { name, output } => export(app, &mut con, name, output),
        Action::Import { files } => import(app, &mut con, files),
        Action::Lock { session, output } => lock(app, &mut con, session, output.as_deref()),
    }
}

fn list(app: &App, con: &mut Con) -> Result<(), Failure> {
    let mut rows = con.dump_requirements()?;
    for row in &mut rows {
        row.name = without_passwords(&row.name);
    }
    app.out.rows(&rows, || {
        let mut table = Table::new(&[
            "requirement",
            "installed",
            "downloaded",
            "sessions",
            "versions",
        ]);
        let word = |is| if is { "yes" } else { "no" };
        for row in &rows {
            let versions: Vec<String> = row
                .wheels
                .iter()
                .filter_map(|wheel| pinned(wheel))
                .collect();
            table.row([
                row.name.as_str(),
                word(row.is_installed),
                word(row.is_downloaded),
                &row.ref_count.to_string(),
                &versions.join(" "),
            ]);
        }
        table
    })?;
    if rows.is_empty() && !app.out.is_json() {
        app.out.note("no session requires a package");
    }
    Ok(())
}

/// Stands for the standard input, or output.
const STANDARD: &str = "-";

/// A path for a package on its way from or to the standard input or output, and its directory, which is removed at the end.
fn passed_on() -> Result<(tempfile::TempDir, PathBuf), Failure> {
    let dir = tempfile::tempdir().map_err(|e| {
        Failure::failed(format!(
            "no temporary file can be made ({e}): let TMPDIR name a directory with space"
        ))
    })?;
    let path = dir.path().join("package");
    Ok((dir, path))
}

/// A number of things: `1 file`, `2 files`.
fn counted(count: usize, word: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {word}{ending}")
}

fn export(app: &App, con: &mut Con, name: &str, output: &Path) -> Result<(), Failure> {
    let all = con.dump_requirements()?;
    let exact = all.iter().find(|it| it.name == name);
    let found = exact.or_else(|| {
        all.iter()
            .find(|it| normalized_name(&it.name) == normalized_name(name))
    });
    let Some(found) = found else {
        let guess = nearest(name, all.iter().map(|it| it.name.as_str()));
        let guess = guess
            .map(|near| format!("did you mean `{near}`? "))
            .unwrap_or_default();
        let text =
            format!("the server has no requirement `{name}`: {guess}`redgrease req ls` lists them");
        return Err(Failure::failed(without_passwords(&one_line(&text))));
    };
    let exported = con.export_requirement(&found.name)?;
    if output == Path::new(STANDARD) {
        let (_dir, path) = passed_on()?;
        exported.save(&path)?;
        return app.out.raw(&read_bytes(&path)?);
    }
    exported.save(output)?;
    let name = without_passwords(&found.name);
    if app.out.is_json() {
        return app
            .out
            .json(&json!({ "requirement": name, "file": output, "wheels": found.wheels }));
    }
    app.out.note(format_args!(
        "{} holds {} ({})",
        output.display(),
        one_line(&name),
        counted(found.wheels.len(), "file")
    ));
    Ok(())
}

fn import(app: &App, con: &mut Con, files: &[PathBuf]) -> Result<(), Failure> {
    let mut names = Vec::new();
    for file in files {
        let exported = if file == Path::new(STANDARD) {
            let (_dir, path) = passed_on()?;
            std::fs::write(&path, read_stdin(app, "a package")?)?;
            ExportedRequirement::load(&path)?
        } else {
            // The error about a file that cannot be read says what to do.
            read_bytes(file)?;
            ExportedRequirement::load(file)?
        };
        let name = without_passwords(&exported.requirement.name);
        con.import_requirement(&exported)?;
        app.out.note(format_args!(
            "installed {} from {}",
            one_line(&name),
            file.display()
        ));
        names.push(name);
    }
    if app.out.is_json() {
        app.out.json(&json!({ "installed": names }))
    } else {
        Ok(())
    }
}

fn lock(
    app: &App,
    con: &mut Con,
    sessions: &[String],
    output: Option<&Path>,
) -> Result<(), Failure> {
    let packages = con.dump_requirements()?;
    let of_sessions = of_sessions(con)?;
    if let Some(unknown) = sessions.iter().find(|id| !of_sessions.contains_key(*id)) {
        let near = nearest(unknown, of_sessions.keys().map(String::as_str));
        let guess = near
            .map(|near| format!("did you mean `{near}`? "))
            .unwrap_or_default();
        return Err(Failure::failed(format!(
            "the server has no session `{}`: {guess}`redgrease ls --sessions` lists them",
            one_line(unknown)
        )));
    }
    let wanted = |name: &str| {
        sessions.is_empty()
            || sessions
                .iter()
                .any(|id| of_sessions[id].iter().any(|it| it == name))
    };
    let packages: Vec<Requirement> = packages.into_iter().filter(|it| wanted(&it.name)).collect();
    if let Some(missing) = packages.iter().find(|it| !it.is_installed) {
        return Err(Failure::failed(format!(
            "`{}` is not installed, so its version is not known: see `redgrease req ls`, and try again when it is",
            without_passwords(&one_line(&missing.name))
        )));
    }
    let lines = locked(&packages)?;
    if app.out.is_json() {
        app.out.json(&lines)?;
    }
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    match output {
        Some(path) => {
            std::fs::write(path, text).map_err(|e| {
                Failure::failed(format!(
                    "{} cannot be written ({e}): check the directory and its permissions",
                    path.display()
                ))
            })?;
            app.out.note(format_args!(
                "{} has {}",
                path.display(),
                counted(lines.len(), "package")
            ));
        }
        None if app.out.is_json() => {}
        None => app.out.raw(text.as_bytes())?,
    }
    if lines.is_empty() && output.is_none() && !app.out.is_json() {
        app.out.note("no session requires a package");
    }
    Ok(())
}

fn of_sessions(con: &mut Con) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let sessions = con.dump_sessions(&SessionsOptions::new())?;
    Ok(sessions
        .into_iter()
        .map(|it| (it.id, it.requirements))
        .collect())
}

/// The exact version of each package and of those that it needs.
fn locked(packages: &[Requirement]) -> Result<Vec<String>, Failure> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for wheel in packages.iter().flat_map(|it| &it.wheels) {
        if let Some(line) = pinned(wheel) {
            let name = line.split("==").next().unwrap_or_default().to_owned();
            versions.entry(name).or_default().insert(line);
        }
    }
    for (name, lines) in &versions {
        if lines.len() > 1 {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            return Err(Failure::failed(format!(
                "sessions have several versions of `{name}` ({}), and one file can name one: lock the sessions one by one with --session",
                lines.join(", ")
            )));
        }
    }
    Ok(versions.into_values().flatten().collect())
}

/// The requirement for exactly this wheel: `six-1.16.0-py2.py3-none-any.whl` is `six==1.16.0`.
pub(super) fn pinned(wheel: &str) -> Option<String> {
    let mut parts = wheel.rsplit('/').next()?.strip_suffix(".whl")?.split('-');
    let (name, version) = (parts.next()?, parts.next()?);
    Some(format!("{}=={version}", normalized_name(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(wheels: &[&str]) -> Requirement {
        let mut it = Requirement::default();
        it.wheels = wheels.iter().map(|&wheel| wheel.to_owned()).collect();
        it
    }

    #[test]
    fn wheels_tell_their_versions() {
        for (wheel, line) in [
            ("six-1.16.0-py2.py3-none-any.whl", Some("six==1.16.0")),
            (
                "/x/Foo_Bar-2.0+local-1-cp311-cp311-linux_x86_64.whl",
                Some("foo-bar==2.0+local"),
            ),
            ("six.tar.gz", None),
            ("six.whl", None),
        ] {
            assert_eq!(pinned(wheel).as_deref(), line, "{wheel}");
        }
    }

    #[test]
    fn a_lock_has_each_package_with_one_version() {
        let one = package(&["b-1-py3-none-any.whl", "a-2-py3-none-any.whl"]);
        let same = package(&["a-2-py3-none-any.whl"]);
        assert_eq!(locked(&[one.clone(), same]).unwrap(), ["a==2", "b==1"]);
        let other = package(&["a-3-py3-none-any.whl"]);
        assert!(
            locked(&[one, other])
                .unwrap_err()
                .to_string()
                .contains("a==2, a==3")
        );
    }
}
