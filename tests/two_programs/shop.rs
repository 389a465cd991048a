//! The program of a team: registers its gears, and does what its standard input says. Answers each line with one line.

use redgrease::prelude::*;
use redgrease::{Con, Options, Policy};
use std::io::BufRead;

#[gear_command(trigger = "TRIGGER")]
fn answer() -> String {
    python! {
        return "ANSWER"
    }
}

#[gear_keys(prefix = "order:*")]
fn handler(order: KeyRecord) {
    python! {
        if order.key:
            execute("RPUSH", "handled", "ANSWER")
    }
}

fn act(action: &str, url: &str, con: &mut Option<Con>) -> redgrease::Result<String> {
    let options = match action {
        "start" => Options::new(),
        "changed" => Options::new().policy(Policy::IfChanged),
        "always" => Options::new().policy(Policy::Always),
        "check" => Options::new().policy(Policy::Error),
        "never" => Options::new().policy(Policy::Never),
        "take over" => Options::new().take_over(true),
        "namespace" => Options::new().namespace("team"),
        "call" => {
            let con = con.get_or_insert(redgrease::connect(url)?);
            return answer(con);
        }
        "orphans" => {
            let con = con.get_or_insert(redgrease::connect(url)?);
            let orphans = redgrease::orphans(con, &Options::new())?;
            let names: Vec<_> = orphans.iter().map(ToString::to_string).collect();
            return Ok(names.join("; "));
        }
        other => panic!("{other}"),
    };
    let (started, report) = redgrease::start_with(url, &options)?;
    *con = Some(started);
    Ok(report.to_string())
}

fn main() {
    let url = std::env::args().nth(1).expect("a URL");
    let mut con = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        match act(&line, &url, &mut con) {
            Ok(said) => println!("ok: {}", said.replace('\n', " ")),
            Err(e) => println!("error: {}", e.to_string().replace('\n', " ")),
        }
    }
}
