//! The commands and scripts of the book, in their order: each page has a server of its own. The lines below a command are
//! what it prints.
//!
//! `BOOK=overwrite cargo test -p redgrease-book --test console PAGE` writes what the commands print into the page. Numbers that
//! differ from run to run (durations, ids, ports) stay as they are, as long as everything else is the same.
//!
//! | block | what is done |
//! |---|---|
//! | `console` | the commands behind `$` are run; `>` continues a command |
//! | `console cluster` | the page has a cluster of three shards, and their answers come in any order |
//! | `console about` | all numbers may differ |
//! | `console fails` | a command may fail; elsewhere that is an error |
//! | `console for=SECONDS` | the last command is ended after this time, as with Ctrl-C |
//! | `console sample` | what is printed depends on the machine: it is an example, and is written only where the page has nothing |
//! | `LANGUAGE file=PATH` | the file is written, for the commands behind it |
//! | `python`, `lua` | sent to the server; Python is checked by `redgrease check` before |
//!
//! The server has the port 6379 in the book, the shards of a cluster 30001 and on, and a server without the engine 6380.
//!
//! Blocks in a comment of the page are run, too, and are not shown.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod mask;
mod page;
mod place;

use page::run;
use redgrease_book::{blocks, pages};

macro_rules! pages {
    ($($name:ident => $file:literal),* $(,)?) => {
        /// The pages that are run.
        const PAGES: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $name() {
                run($file);
            }
        )*
    };
}

pages! {
    cluster_step_by_step => "cluster-step-by-step.md",
    from_lua => "from-lua.md",
    from_redgrease => "from-redgrease.md",
    from_redisgears => "from-redisgears.md",
    one_server_or_many => "one-server-or-many.md",
    program => "program.md",
    program_authors => "program-authors.md",
    program_every_day => "program-every-day.md",
    program_live => "program-live.md",
    program_options => "program-options.md",
    program_scripts => "program-scripts.md",
    program_servers => "program-servers.md",
    python_scripts => "python-scripts.md",
    start => "start.md",
}

#[test]
fn each_page_that_can_be_run_is_run() {
    let wanted = pages::all().unwrap().into_iter().filter(|page| {
        let blocks = blocks::of(&page.text);
        blocks.iter().any(page::is_run)
    });
    let wanted: Vec<String> = wanted.map(|page| page.name).collect();
    for page in &wanted {
        assert!(
            PAGES.contains(&page.as_str()),
            "add {page} to the list in this file"
        );
    }
    for page in PAGES {
        assert!(
            wanted.iter().any(|it| it == page),
            "{page} has nothing to run"
        );
    }
}

#[test]
fn each_command_of_the_program_has_its_options_in_the_book() {
    let text = |name: &str| pages::read(name).unwrap().text;
    let list = text("program.md");
    let (_, commands) = list.split_once("\nCommands:\n").unwrap();
    let commands = commands.lines().take_while(|line| line.starts_with("  "));
    // A description may go on in a second line.
    let commands = commands.filter(|line| !line.starts_with("   "));
    let options = text("program-options.md");
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        let is_there =
            command == "help" || options.contains(&format!("\n$ redgrease {command} -h\n"));
        assert!(is_there, "add {command} to program-options.md");
    }
}
