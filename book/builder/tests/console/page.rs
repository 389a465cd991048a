//! Runs one page.

use crate::mask::masked;
use crate::place::Place;
use redgrease_book::blocks::{self, Block};
use redgrease_book::pages::{Page, read, root};
use std::time::Duration;

/// A command of a block and the lines that it prints.
struct Step {
    command: String,
    printed: Vec<String>,
}

/// Whether a block is for this test.
pub(crate) fn is_run(block: &Block) -> bool {
    let is_ours = block.not_run.is_none() && block.run_by.is_none();
    let language = block.language.as_str();
    is_ours
        && (language == "console"
            || (matches!(language, "python" | "lua") && block.value("file").is_none()))
}

pub(crate) fn run(name: &str) {
    let page = read(name).unwrap();
    let blocks = blocks::of(&page.text);
    let is_cluster = blocks.iter().any(|block| block.has("cluster"));
    let has_plain = page.text.contains(":6380");
    let place = Place::new(is_cluster, has_plain);
    let mut wrong = Vec::new();
    let mut new = Vec::new();
    for block in &blocks {
        if let Some(file) = block.value("file") {
            let path = place.work().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &block.text).unwrap();
        }
        if !is_run(block) {
            continue;
        }
        if block.language != "console" {
            send(&place, name, block);
            continue;
        }
        let Some(printed) = ran(&place, name, block, is_cluster, &mut wrong) else {
            return;
        };
        new.push((block, printed));
    }
    if std::env::var_os("BOOK").is_some_and(|value| value == "overwrite") {
        overwrite(&page, &new);
    } else {
        assert!(
            wrong.is_empty(),
            "{name}\n{}\n`BOOK=overwrite cargo test -p redgrease-book --test console` writes the page",
            wrong.join("\n")
        );
    }
}

/// Runs the commands of a block. `None` if the machine lacks a program.
fn ran(
    place: &Place,
    name: &str,
    block: &Block,
    is_cluster: bool,
    wrong: &mut Vec<String>,
) -> Option<String> {
    let mut whole = String::new();
    let steps = steps(&block.text);
    let last = steps.len().saturating_sub(1);
    for (index, step) in steps.iter().enumerate() {
        if let Some(reason) = place.lacks(&step.command) {
            eprintln!("{name} is not tested, because {reason}");
            return None;
        }
        let seconds = block.value("for").filter(|_| index == last);
        let limit = seconds.map(|it| Duration::from_secs_f64(it.parse().unwrap()));
        let (found, succeeds) = place.run(&step.command, limit);
        assert!(
            succeeds || limit.is_some() || block.has("fails"),
            "{name}, line {}: {} fails\n{}\nmend it, or write `console fails` if it should",
            block.line,
            step.command,
            found.join("\n")
        );
        let about = block.has("about");
        let mut masks = [masked(&found, about), masked(&step.printed, about)];
        if is_cluster {
            for lines in &mut masks {
                lines.sort();
            }
        }
        let is_example = block.has("sample") && !step.printed.is_empty();
        let is_same = is_example || masks[0] == masks[1];
        if !is_same && !block.has("sample") {
            wrong.push(format!(
                "line {}: {}\n  prints\n{}\n  and not\n{}",
                block.line,
                step.command,
                found.join("\n"),
                step.printed.join("\n")
            ));
        }
        whole.push_str("$ ");
        whole.push_str(&step.command.replace('\n', "\n> "));
        whole.push('\n');
        for line in if is_same { &step.printed } else { &found } {
            whole.push_str(line);
            whole.push('\n');
        }
    }
    Some(whole)
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::<Step>::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                printed: Vec::new(),
            });
            continue;
        }
        let step = steps.last_mut().expect("a block begins with a command");
        match line.strip_prefix("> ").filter(|_| step.printed.is_empty()) {
            Some(more) => {
                step.command.push('\n');
                step.command.push_str(more);
            }
            None => step.printed.push(line.to_owned()),
        }
    }
    steps
}

/// Sends a script to the server.
fn send(place: &Place, name: &str, block: &Block) {
    let mut con = redis::Client::open(place.url())
        .unwrap()
        .get_connection()
        .unwrap();
    let is_lua = block.language == "lua";
    if !is_lua {
        // What is in functions that are registered does not run here.
        let mistakes = place.mistakes(&block.text);
        assert!(
            mistakes.is_none(),
            "{name}, line {}: {}",
            block.line,
            mistakes.unwrap_or_default()
        );
    }
    let mut command = redis::cmd(if is_lua { "EVAL" } else { "RG.PYEXECUTE" });
    command.arg(&block.text);
    if is_lua {
        // The number of keys.
        command.arg(0);
    }
    let answer: redis::RedisResult<redis::Value> = command.query(&mut con);
    let answer = answer
        .unwrap_or_else(|error| panic!("{name}, line {}: {error}\n{}", block.line, block.text));
    assert!(
        !format!("{answer:?}").contains("Error"),
        "{name}, line {}: {answer:?}",
        block.line
    );
}

/// Writes what the commands have printed into the page.
fn overwrite(page: &Page, new: &[(&Block, String)]) {
    let lines: Vec<&str> = page.text.lines().collect();
    let mut whole = String::new();
    let mut next = 0;
    for (block, printed) in new {
        // The fence itself stays.
        for line in &lines[next..block.line] {
            whole.push_str(line);
            whole.push('\n');
        }
        whole.push_str(printed);
        next = block.line + block.text.lines().count();
    }
    for line in &lines[next..] {
        whole.push_str(line);
        whole.push('\n');
    }
    std::fs::write(root().join(&page.origin), whole).unwrap();
}
