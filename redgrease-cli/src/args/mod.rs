//! The command line.

pub(crate) mod completions;
pub(crate) mod man;
mod options;

pub(crate) use options::{BARE_SERVER, ColorChoice, Options};

use crate::{check, commands, live, project, server, sync};
use clap::{CommandFactory as _, Parser, Subcommand};
use std::ffi::{OsStr, OsString};

/// Operates Redis and Valkey servers with gears: Python functions that run inside the server.
///
/// `redgrease PATH..` is short for `redgrease sync PATH..`.
#[derive(Debug, Parser)]
#[command(
    name = "redgrease",
    version,
    propagate_version = true,
    disable_help_subcommand = false,
    after_help = "Exit codes: 0 all is well, 1 something failed, 2 the command line is wrong, 3 no server answers."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a script on the server
    Run(commands::run::Args),
    /// List the registrations of a server, or its sessions
    Ls(commands::ls::Args),
    /// Show everything about a registration, a session or an execution
    Show(commands::show::Args),
    /// List the executions of a server
    Ps(commands::ps::Args),
    /// Print what the engine and the gears have written to the log of the server
    Logs(commands::logs::Args),
    /// Abort executions
    Abort(commands::abort::Args),
    /// Unregister registrations, or all of a session
    Rm(commands::rm::Args),
    /// Stop the reading of streams
    Pause(commands::pause::Args),
    /// Go on with the reading of streams
    Resume(commands::pause::Args),
    /// Call a trigger
    Call(commands::call::Args),
    /// Print the numbers of the engine and its registrations
    Stats(commands::stats::Args),
    /// Print or change the settings of a server
    Config(commands::config::Args),
    /// List, carry over and lock the Python packages of a server
    Req(commands::req::Args),
    /// Make a server run the scripts of directories, and go on with --watch
    Sync(sync::run::Args),
    /// Show what a server would have to change to run the scripts of directories, ask, and change it
    Deploy(sync::deploy::Args),
    /// Show how the scripts of directories differ from those of a server
    Diff(sync::diff::Args),
    /// Remove the sessions of scripts that are gone
    Prune(sync::prune::Args),
    /// Say what has to be done and what will differ when the scripts of a RedisGears server come to this engine
    Migrate(sync::migrate::Args),
    /// Watch a server in the terminal: rates, times, lag, errors
    Top(live::top::Args),
    /// Watch a server on a page in the browser
    Ui(live::ui::Args),
    /// Look for what is wrong with a server and with this machine, and tell the remedies
    Doctor(server::doctor::Args),
    /// Install, list and remove the engine on this machine
    Engine(server::engine::Args),
    /// Start a server or a cluster with the engine, on loopback
    Serve(server::serve::Args),
    /// Find the mistakes in scripts and crates, without a server
    Check(check::Args),
    /// Make a crate with a gear and its test
    New(project::new::Args),
    /// Print what editors have to know about the names that a server provides
    Stubs(project::stubs::Args),
    /// Print the completions of this command line for a shell
    Completions(completions::Args),
    /// Print a page of the manual, or write all of them
    Man(man::Args),
}

/// The command that is meant if the command line names none.
const DEFAULT: &str = "sync";

/// Adds `sync` to a command line whose first word that is no option is not the name of a command.
pub(crate) fn with_default_command(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    without_bare_server(&mut words);
    if needs_default(&words[1.min(words.len())..]) {
        words.insert(1, DEFAULT.into());
    }
    let is_default = words.get(1).is_some_and(|word| word == DEFAULT);
    if is_default {
        with_bare_watch(words)
    } else {
        words
    }
}

/// `--watch PATH` means `--watch` and a path: the value of `--watch` is a number.
fn with_bare_watch(words: Vec<OsString>) -> Vec<OsString> {
    let mut found: Vec<OsString> = Vec::with_capacity(words.len());
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            found.push(word);
            break;
        }
        let is_watch = word == "-w" || word == "--watch";
        if is_watch && words.peek().is_some_and(|next| !is_number(next)) {
            found.push(format!("--watch={}", sync::WATCH).into());
        } else {
            found.push(word);
        }
    }
    found.extend(words);
    found
}

fn is_number(word: &OsString) -> bool {
    word.to_str().is_some_and(|it| it.parse::<f64>().is_ok())
}

/// `--server COMMAND` means `--server` without a host, in front of the command: `--server=ls` names a host `ls`.
fn without_bare_server(words: &mut [OsString]) {
    let command = Cli::command();
    // Behind the command, the option has the meaning that the command gives it.
    let end = words
        .iter()
        .skip(1)
        .position(|word| is_command(&command, word));
    let Some(last) = end.and_then(|at| words.get_mut(at)) else {
        return;
    };
    if *last == "-s" || *last == "--server" {
        *last = format!("--server={BARE_SERVER}").into();
    }
}

fn is_command(command: &clap::Command, word: &OsStr) -> bool {
    word == "help"
        || command.get_subcommands().any(|it| {
            it.get_name_and_visible_aliases()
                .iter()
                .any(|name| word == *name)
        })
}

fn needs_default(words: &[OsString]) -> bool {
    let command = Cli::command();
    let Some(default) = command.find_subcommand(DEFAULT) else {
        return false;
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(text) = word.to_str() else {
            return true;
        };
        match text {
            "--" => return true,
            "-h" | "--help" | "-V" | "--version" => return false,
            _ if !text.starts_with('-') || text == "-" => return !is_command(&command, word),
            _ => {}
        }
        let option = [default, &command]
            .into_iter()
            .flat_map(clap::Command::get_arguments)
            .find(|it| is_named(it, text));
        let Some(option) = option.filter(|it| it.get_action().takes_values()) else {
            continue;
        };
        let is_optional = option.get_num_args().is_some_and(|n| n.min_values() == 0);
        // An option whose value may be missing takes the next word, unless that is an option or no value for it.
        let is_value = |next: &OsString| {
            let is_option = next.to_str().is_some_and(|it| it.starts_with('-'));
            !is_option && (option.get_long() != Some("watch") || is_number(next))
        };
        if !is_optional || words.as_slice().first().is_some_and(is_value) {
            words.next();
        }
    }
    false
}

/// Whether a word is an option, without its value: `--url`, but not `--url=..`.
fn is_named(option: &clap::Arg, word: &str) -> bool {
    let is_long = |name: &str| word.strip_prefix("--") == Some(name);
    let is_short = |name: char| {
        word.strip_prefix('-')
            .is_some_and(|it| it.chars().eq([name]))
    };
    option.get_long().is_some_and(is_long) || option.get_short().is_some_and(is_short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> String {
        let words = with_default_command(
            format!("redgrease {line}")
                .split_whitespace()
                .map(OsString::from),
        );
        let words: Vec<String> = words[1..]
            .iter()
            .map(|it| it.to_str().unwrap().to_owned())
            .collect();
        words.join(" ")
    }

    #[test]
    fn a_path_means_sync() {
        for (line, expected) in [
            ("scripts", "sync scripts"),
            ("./ls", "sync ./ls"),
            ("-r scripts", "sync -r scripts"),
            ("--url redis://x scripts", "sync --url redis://x scripts"),
            ("--url=redis://x scripts", "sync --url=redis://x scripts"),
            ("-c ls scripts", "sync -c ls scripts"),
            ("--ignore ls scripts ls", "sync --ignore ls scripts ls"),
            ("-p 1 -v --json a b", "sync -p 1 -v --json a b"),
            ("-- ls", "sync -- ls"),
            ("-", "sync -"),
            ("-s host scripts", "sync -s host scripts"),
            ("-w 2 ls.d", "sync -w 2 ls.d"),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn a_command_stays() {
        for line in [
            "ls",
            "sync ls",
            "--url redis://x ls",
            "-p 1 ls",
            "-s 127.0.0.1 -p 7600 ls",
            "--server host run -c x=1",
            "--server=ls ls",
            "-q ls x",
            "help",
            "--help",
            "-h scripts",
            "-V",
            "",
            "-r",
        ] {
            assert_eq!(words(line), line, "{line}");
        }
    }

    #[test]
    fn a_bare_server_stands_in_front_of_a_command() {
        for (line, expected) in [
            ("-s ls", "--server=redis ls"),
            ("--server ls x", "--server=redis ls x"),
            ("-q -s ps --json", "-q --server=redis ps --json"),
            ("ls -s", "ls -s"),
            ("ls -s ps", "ls -s ps"),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn the_time_of_watch_is_a_number() {
        for (line, expected) in [
            ("-w scripts", "sync --watch=5.0 scripts"),
            ("--watch ./ls", "sync --watch=5.0 ./ls"),
            ("-w 2 scripts", "sync -w 2 scripts"),
            ("--watch 0.5 scripts", "sync --watch 0.5 scripts"),
            ("--watch=2 scripts", "sync --watch=2 scripts"),
            ("sync scripts -w", "sync scripts -w"),
            ("sync scripts -w -r", "sync scripts --watch=5.0 -r"),
            ("sync -- -w x", "sync -- -w x"),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
