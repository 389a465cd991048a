//! `redgrease check`: the checks of the compiler for scripts, files of requirements and crates.
//!
//! | file | purpose |
//! |---|---|
//! | `files.rs` | the files that the paths of the command line stand for |
//! | `script.rs` | the mistakes of a script |
//! | `requirements.rs` | the mistakes of a file of requirements |
//! | `krate.rs` | the mistakes of a crate, which the compiler finds |
//! | `rule.rs` | the kind of a mistake that the compiler has reported |
//! | `mistake.rs` | a mistake and its place |
//! | `output/` | the formats: for people, as JSON, for GitHub, and SARIF |

mod files;
mod krate;
mod mistake;
mod output;
mod requirements;
mod rule;
mod script;

use crate::app::App;
use crate::failure::Failure;
use files::Input;
use mistake::Mistake;
use redgrease_syntax::{ALLOWABLE, PythonVersion, allowable_names};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code 1: something is to be mended. A line of Python that ends with \
                  `# redgrease: allow(KIND)` may have mistakes of that kind."
)]
pub(crate) struct Args {
    /// Scripts, files of requirements, crates (the folder, or a `.rs` file in it) and folders of them; `-` is the standard
    /// input
    ///
    /// Of a folder, all `*.py` and `*requirements*.txt` are checked, and the crates in it. Names that begin with `_` or `.`,
    /// virtual environments and target directories are left out.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Form of the result
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Oldest Python that has to run the scripts; crates name theirs themselves
    #[arg(long, value_name = "VERSION", default_value_t)]
    python: PythonVersion,
    /// Package that the scripts may import, beside those in files of requirements; repeatable
    #[arg(long = "requirement", value_name = "PACKAGE")]
    requirements: Vec<String>,
    /// Kind of mistake that all scripts may have; repeatable
    #[arg(long, value_name = "KIND", value_parser = kind)]
    allow: Vec<String>,
    /// Name of the script on the standard input
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    stdin_name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// With the line of the source, for people
    Text,
    /// An array of mistakes; the same as `--json`
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
}

/// The result of a check.
#[derive(Debug, Default)]
struct Checked {
    mistakes: Vec<Mistake>,
    scripts: usize,
    crates: usize,
    requirements: usize,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let format = if app.out.is_json() {
        Format::Json
    } else {
        args.format
    };
    let mut checked = Checked::default();
    let inputs = files::of(&args.paths)?;
    let own = requirements::Packages::new(&args.requirements)?;
    for input in inputs {
        checked.add(app, args, &own, input)?;
    }
    checked.mistakes.sort();
    checked.mistakes.dedup();
    match format {
        Format::Text => output::text(&app.out, &checked.mistakes)?,
        Format::Json => app.out.json(&checked.mistakes)?,
        Format::Github => output::github(&app.out, &checked.mistakes)?,
        Format::Sarif => app.out.json(&output::sarif(&checked.mistakes))?,
    }
    app.out.note(checked.summary());
    if checked.mistakes.is_empty() {
        Ok(())
    } else {
        Err(Failure::said())
    }
}

impl Checked {
    fn add(
        &mut self,
        app: &App,
        args: &Args,
        own: &requirements::Packages,
        input: Input,
    ) -> Result<(), Failure> {
        let script = |name: &str, bytes: &[u8], packages: &requirements::Packages| {
            script::mistakes(name, bytes, args.python, packages, &args.allow)
        };
        match input {
            Input::Stdin => {
                self.scripts += 1;
                let bytes = files::stdin()?;
                self.mistakes.extend(script(&args.stdin_name, &bytes, own));
            }
            Input::Script { path, requirements } => {
                self.scripts += 1;
                let bytes = files::read(&path)?;
                let name = path.to_string_lossy();
                let packages = own.with_files(&requirements);
                self.mistakes.extend(script(&name, &bytes, &packages));
            }
            Input::Requirements(path) => {
                self.requirements += 1;
                self.mistakes.extend(requirements::mistakes(&path)?);
            }
            Input::Crate { folder, only } => {
                self.crates += 1;
                self.mistakes
                    .extend(krate::mistakes(app, &folder, only.as_deref())?);
            }
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let counts = [
            (self.scripts, "script"),
            (self.requirements, "file of requirements"),
            (self.crates, "crate"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| several(*count, what))
            .collect();
        let what = counts.join(", ");
        match self.mistakes.len() {
            0 => format!("{what}: no mistakes"),
            mistakes => format!("{what}: {}", several(mistakes, "mistake")),
        }
    }
}

/// `1 script`, `2 scripts`, `2 files of requirements`.
fn several(count: usize, what: &str) -> String {
    match (count, what.split_once(' ')) {
        (1, _) => format!("1 {what}"),
        (_, Some((first, rest))) => format!("{count} {first}s {rest}"),
        (_, None) => format!("{count} {what}s"),
    }
}

fn kind(text: &str) -> Result<String, String> {
    if ALLOWABLE.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("write one of {}", allowable_names()))
    }
}
