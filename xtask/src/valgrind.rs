//! `cargo xtask valgrind`: a few rounds of the soak's jobs under valgrind's memcheck.

use crate::say::say;
use crate::shell::quoted;
use crate::steps::{self, Failed, Outcome};
use crate::{setup, tools, workspace};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Rounds of each job. Memory errors show in the first few rounds.
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
    fs::create_dir_all(&dir).map_err(|e| Failed::file(&dir, "created", &e))?;
    let report = dir.join("report.txt");
    let server = dir.join("redis-server");
    write_server(&server, &report)?;
    let mut jobs = tools::program("soak")?;
    ready.tell(&mut jobs);
    jobs.args(["--rounds", ROUNDS])
        .env("REDGREASE_SERVER", &server)
        // One block of memory for each Python object, so that valgrind can tell them apart.
        .env("PYTHONMALLOC", "malloc");
    let done = steps::step("the jobs of the soak under memcheck", &mut jobs);
    let text = fs::read_to_string(&report).unwrap_or_default();
    show(&text, &report);
    done?;
    if !text.contains("ERROR SUMMARY: 0 errors") {
        return Err(Failed::new(format!(
            "memcheck found errors or leaks: read {}",
            report.display()
        )));
    }
    Ok(())
}

/// Writes a script that starts redis-server under valgrind.
fn write_server(program: &Path, report: &Path) -> Outcome {
    let suppressions = workspace::root().join("tools/valgrind.supp");
    let failed = |e| Failed::file(program, "written", &e);
    let script = format!(
        "#!/bin/sh\n# Valgrind intercepts jemalloc, the server's allocator, in place of the C library's.\n\
         exec valgrind --tool=memcheck --soname-synonyms=somalloc='*jemalloc*' \
         --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=none \
         --num-callers=30 --error-limit=no --child-silent-after-fork=yes --suppressions={} --log-file={} \
         redis-server \"$@\"\n",
        quoted(&suppressions),
        quoted(report)
    );
    fs::write(program, script).map_err(failed)?;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).map_err(failed)
}

/// Prints the end of the report and the path of the whole report.
fn show(report: &str, path: &Path) {
    let lines: Vec<&str> = report.lines().collect();
    for line in &lines[lines.len().saturating_sub(14)..] {
        say!("{line}");
    }
    say!("the whole report: {}", path.display());
}
