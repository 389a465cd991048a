//! `cargo xtask valgrind`: the soak's jobs, each a few times, under valgrind's memcheck.

use crate::steps::{self, Failed, Outcome};
use crate::{setup, tools, workspace};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// How often each job is done: what goes wrong in memory does so the first few times.
const ROUNDS: &str = "3";

pub(crate) fn command(yes: bool) -> Outcome {
    let ready = setup::run(yes)?;
    if !steps::succeeds(Command::new("valgrind").arg("--version")) {
        return Err(Failed::new(
            "valgrind was not found: install it with the machine's package manager",
        ));
    }
    tools::build()?;
    let dir = workspace::target()?.join("redgrease").join("valgrind");
    fs::create_dir_all(&dir)
        .map_err(|e| Failed::new(format!("{} could not be made: {e}", dir.display())))?;
    let report = dir.join("report.txt");
    let server = dir.join("redis-server");
    write_server(&server, &report)?;
    let mut jobs = tools::program("soak", &ready.engine)?;
    jobs.args(["--rounds", ROUNDS])
        .env("REDGREASE_SERVER", &server)
        // Each object a block of its own, which valgrind can tell from others.
        .env("PYTHONMALLOC", "malloc");
    let done = steps::step("the jobs of the soak under memcheck", &mut jobs);
    let text = fs::read_to_string(&report).unwrap_or_default();
    show(&text, &report);
    done?;
    if !text.contains("ERROR SUMMARY: 0 errors") {
        return Err(Failed::new(format!(
            "memcheck found something: see {}",
            report.display()
        )));
    }
    Ok(())
}

/// A program that is a redis-server under valgrind.
fn write_server(program: &Path, report: &Path) -> Outcome {
    let suppressions = workspace::root().join("tools/valgrind.supp");
    let failed = |e| Failed::new(format!("{} could not be written: {e}", program.display()));
    let script = format!(
        "#!/bin/sh\n# The server's own allocator is watched in place of the C library's.\n\
         exec valgrind --tool=memcheck --soname-synonyms=somalloc='*jemalloc*' \
         --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=none \
         --num-callers=30 --error-limit=no --child-silent-after-fork=yes --suppressions='{}' --log-file='{}' \
         redis-server \"$@\"\n",
        suppressions.display(),
        report.display()
    );
    fs::write(program, script).map_err(failed)?;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).map_err(failed)
}

/// The end of the report, and where the rest is.
fn show(report: &str, path: &Path) {
    let lines: Vec<&str> = report.lines().collect();
    for line in &lines[lines.len().saturating_sub(14)..] {
        println!("{line}");
    }
    println!("the whole report: {}", path.display());
}
