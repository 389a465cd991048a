//! `cargo xtask check`: everything that can be checked without running a server.
//!
//! | file | purpose |
//! |---|---|
//! | `words.rs` | the table of wrong spellings and phrases |
//! | `prose.rs` | extracts the comments and text of a file |
//! | `spelling.rs` | looks for the words of the table in the tracked files |
//! | `compile.rs` | the steps that cargo does: rustfmt, layers, clippy, rustdoc, deny, hack |

mod compile;
mod prose;
mod spelling;
mod words;

use crate::say::{note, say};
use crate::steps::{Failed, Outcome};
use crate::{book, setup};

/// Runs every step, the cheap ones first, and lists the failed ones at the end.
pub(crate) fn command(yes: bool) -> Outcome {
    let mut failures = Vec::new();
    let mut note = |outcome: Outcome| {
        if let Err(failed) = outcome {
            note!("    failed: {failed}");
            failures.push(failed.to_string());
        }
    };
    note(compile::format());
    note(spelling::check());
    // The engine compiles only with Python at hand.
    let python = setup::parts(yes)?;
    for step in [
        compile::layers,
        compile::clippy,
        compile::rustdoc,
        book::check,
        compile::deny,
        compile::features,
    ] {
        note(step(&python));
    }
    if failures.is_empty() {
        say!("\nAll checks passed.");
        return Ok(());
    }
    Err(Failed::new(format!(
        "these checks failed:\n  {}",
        failures.join("\n  ")
    )))
}
