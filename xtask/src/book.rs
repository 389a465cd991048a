//! `cargo xtask book`: builds the book with the documentation of the crates, and follows every link.

use crate::say::say;
use crate::steps::{self, Outcome};
use crate::workspace;
use std::path::{Path, PathBuf};

/// The crates whose items the pages link to.
const DOCUMENTED: [&str; 4] = [
    "redgrease",
    "redgrease-core",
    "redgrease-embedded",
    "redgrease-macros",
];

pub(crate) fn command(out: Option<PathBuf>) -> Outcome {
    let out = match out {
        Some(out) => out,
        None => workspace::target()?.join("redgrease").join("book"),
    };
    build(out.clone())?;
    say!("{}", out.join("index.html").display());
    Ok(())
}

/// Builds it into the target directory.
pub(crate) fn check(_python: &Path) -> Outcome {
    build(workspace::target()?.join("redgrease").join("book"))
}

fn build(out: PathBuf) -> Outcome {
    // A folder of its own: that of `cargo xtask check` also has what is private. What is compiled is shared.
    let target = workspace::target()?;
    let api = target.join("redgrease").join("book-api");
    let mut doc = steps::cargo();
    doc.args(["doc", "--no-deps", "--features", "redgrease/full"])
        .args(DOCUMENTED.iter().flat_map(|name| ["-p", name]))
        .arg("--target-dir")
        .arg(&api)
        .env("CARGO_BUILD_BUILD_DIR", &target);
    steps::step("documentation of the crates", &mut doc)?;
    let mut book = steps::cargo();
    book.args(["run", "--quiet", "-p", "redgrease-book", "--"])
        .arg(api.join("doc"))
        .arg(out);
    steps::step("the book", &mut book)
}
