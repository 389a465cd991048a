//! Installs missing parts with the package manager of the machine.

use super::parts::{Part, Parts};
use crate::say::note;
use crate::steps::{self, Failed, Outcome};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::Command;

/// Lists the missing parts and installs them after a confirmation.
pub(crate) fn missing(parts: &Parts, yes: bool) -> Outcome {
    let missing = parts.missing();
    note!("==> missing on this machine:");
    for (part, reason) in &missing {
        note!("    {} ({reason})", part.purpose());
    }
    let missing: Vec<Part> = missing.into_iter().map(|(part, _)| part).collect();
    if Path::new("/usr/bin/apt-get").is_file() {
        with_apt(&missing, yes)
    } else if cfg!(target_os = "macos") && steps::succeeds(Command::new("brew").arg("--version")) {
        with_homebrew(&missing, yes)
    } else {
        Err(Failed::new(
            "this machine has neither apt-get nor Homebrew: install the parts above with its own \
             package manager, then run this command again\n  \
             Fedora: gcc python3-devel redis (or valkey)\n  \
             Arch:   gcc python valkey\n  \
             macOS:  install Homebrew, and run `xcode-select --install`",
        ))
    }
}

fn with_apt(missing: &[Part], yes: bool) -> Outcome {
    let mut packages = Vec::new();
    for part in missing {
        packages.extend_from_slice(match part {
            Part::Compiler => &["gcc", "libc6-dev"][..],
            Part::Python => &["python3-dev", "python3-venv"],
            Part::Server => &["redis-server"],
        });
    }
    let sudo = steps::output(Command::new("id").arg("-u")).is_none_or(|id| id != "0");
    if sudo && !steps::succeeds(Command::new("sudo").arg("-V")) {
        return Err(Failed::new(format!(
            "installing packages needs root, and sudo was not found: as root, run\n  \
             apt-get install --no-install-recommends {}\nthen run this command again",
            packages.join(" ")
        )));
    }
    agree("apt-get install", &packages, yes)?;
    // `apt-get update` is slow and often unnecessary. If the lists are stale, the install fails and
    // is repeated after an update.
    let mut updated = false;
    if !is_known(&packages) {
        update(sudo)?;
        updated = true;
        if !is_known(&packages)
            && let Some(server) = packages.iter_mut().find(|name| **name == "redis-server")
        {
            // Some distributions replaced Redis by Valkey.
            *server = "valkey-server";
        }
    }
    match install(&packages, sudo) {
        Err(_) if !updated => {
            update(sudo)?;
            install(&packages, sudo)
        }
        done => done,
    }
}

/// Whether apt could install all packages.
fn is_known(packages: &[&str]) -> bool {
    let mut simulate = Command::new("apt-get");
    simulate
        .args(["install", "--simulate", "--no-install-recommends"])
        .args(packages);
    steps::succeeds(&mut simulate)
}

fn update(sudo: bool) -> Outcome {
    steps::step(
        "reading the package lists",
        apt(sudo).args(["update", "-q"]),
    )
}

fn install(packages: &[&str], sudo: bool) -> Outcome {
    let mut install = apt(sudo);
    install
        .args(["install", "-q", "--yes", "--no-install-recommends"])
        .args(packages);
    steps::step("installing packages", &mut install)
}

fn apt(sudo: bool) -> Command {
    // sudo does not pass the environment on, so env(1) sets the variable.
    let mut command = Command::new(if sudo { "sudo" } else { "env" });
    if sudo {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command
}

/// Untested: the project has no macOS machine.
fn with_homebrew(missing: &[Part], yes: bool) -> Outcome {
    if missing.contains(&Part::Compiler) {
        return Err(Failed::new(
            "the C compiler comes with Apple's developer tools: run `xcode-select --install`, then this command again",
        ));
    }
    let packages: Vec<&str> = missing
        .iter()
        .map(|part| match part {
            Part::Compiler => "llvm",
            Part::Python => "python3",
            Part::Server => "redis",
        })
        .collect();
    agree("brew install", &packages, yes)?;
    steps::step(
        "installing packages",
        Command::new("brew").arg("install").args(&packages),
    )
}

/// Asks the user on a terminal. With `--yes`, or without a terminal, the answer is yes.
fn agree(how: &str, packages: &[&str], yes: bool) -> Outcome {
    let command = format!("{how} {}", packages.join(" "));
    if packages.contains(&"redis-server") {
        note!(
            "    (the package redis-server may also start a Redis on port 6379: `cargo xtask serve --port 6380` takes another port)"
        );
    }
    if yes || !io::stdin().is_terminal() {
        note!("==> {command}");
        return Ok(());
    }
    let mut screen = io::stderr().lock();
    let _ = write!(screen, "Install them with `{command}`? [Y/n] ").and_then(|()| screen.flush());
    drop(screen);
    let mut answer = String::new();
    let _ = io::stdin().lock().read_line(&mut answer);
    match answer.trim().to_ascii_lowercase().as_str() {
        "" if answer.is_empty() => Err(Failed::new(
            "nothing was installed, because there was no answer: run this command again with --yes",
        )),
        "" | "y" | "yes" => Ok(()),
        _ => Err(Failed::new(format!(
            "nothing was installed: install the packages yourself (`{command}`), then run this command again"
        ))),
    }
}
