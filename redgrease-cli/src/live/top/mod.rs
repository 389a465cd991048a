//! `redgrease top`: what a server does, in the terminal.
//!
//! | module | purpose |
//! |---|---|
//! | `plain` | one snapshot as text |
//! | `screen` | the terminal: taken, given back, suspended |
//! | `panes` | the tables, with selection, order and search |
//! | `state` | what is shown, and what the keys do |
//! | `keys` | the list of keys |
//! | `draw` | the picture |

mod draw;
mod keys;
mod panes;
mod plain;
mod screen;
mod state;

use super::model::ServerView;
use super::poller::{Poller, State};
use super::text::millis;
use super::{interval, thread_ended};
use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::one_line;
use screen::{Event, Screen};
use serde_json::json;
use state::Top;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Time between two looks at the server
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval)]
    interval: Duration,
    /// Leave out the keys that change something
    #[arg(long)]
    read_only: bool,
    /// Print one snapshot, with the rates of one interval
    ///
    /// Without a terminal this is what `top` does in any case; with --json it prints a line for each look.
    #[arg(long)]
    once: bool,
}

/// How long a wait for news lasts before signals are looked at.
const TICK: Duration = Duration::from_millis(100);

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let stop = Interrupt::catch_with_keys()?;
    let url = app.url();
    let con = app.connect()?;
    let poller = Poller::start(con, url.clone(), args.interval)?;
    if app.out.is_json() {
        return lines(app, args, &poller, &stop);
    }
    if args.once || !is_terminal() {
        let state = once(args, &poller, &stop)?;
        return plain::print(app, &state);
    }
    in_terminal(args, url, &poller, &stop)
}

fn is_terminal() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stdout().is_terminal() && io::stdin().is_terminal() && !is_dumb
}

/// Two looks at the server: rates follow from both.
fn once(args: &Args, poller: &Poller, stop: &Interrupt) -> Result<State, Failure> {
    let mut looks = 0;
    let mut version = 0;
    while looks < 2 {
        poller.wait(version, TICK);
        let state = poller.state(args.interval);
        if stop.is_set() {
            return Err(Failure::said());
        }
        if let Some(trouble) = &state.trouble {
            return Err(no_server(trouble));
        }
        if state.version > version {
            version = state.version;
            looks += 1;
        }
    }
    Ok(poller.state(args.interval))
}

fn no_server(trouble: &str) -> Failure {
    Failure::new(crate::failure::Kind::NoServer, trouble)
}

/// Prints a line of JSON for each look at the server.
fn lines(app: &App, args: &Args, poller: &Poller, stop: &Interrupt) -> Result<(), Failure> {
    if args.once {
        let state = once(args, poller, stop)?;
        return app.out.json(&state.view);
    }
    let mut version = 0;
    let mut told = None;
    loop {
        poller.wait(version, TICK);
        if stop.is_set() {
            return Ok(());
        }
        let state = poller.state(args.interval);
        if state.trouble != told {
            if let Some(trouble) = &state.trouble {
                app.out.json(&json!({ "error": trouble }))?;
            }
            told.clone_from(&state.trouble);
        }
        if state.version > version {
            version = state.version;
            if state.trouble.is_none() {
                app.out.json(&state.view)?;
            }
        }
    }
}

fn in_terminal(args: &Args, url: String, poller: &Poller, stop: &Interrupt) -> Result<(), Failure> {
    let mut top = Top::new(url, args.read_only);
    let mut screen = Screen::open()?;
    let mut drawn: Option<Instant> = None;
    loop {
        let state = poller.state(args.interval);
        let mut is_news = top.show(state);
        if top.take_outcomes() {
            // The action is done, or has failed: the picture shows what it has changed.
            poller.wake();
            is_news = true;
        }
        let is_old = drawn.is_none_or(|drawn| drawn.elapsed() >= Duration::from_secs(1));
        if is_news || is_old {
            screen.draw(|frame| draw::draw(frame, &mut top))?;
            drawn = Some(Instant::now());
        }
        match screen.event(TICK)? {
            Event::Key(key) => {
                match top.key(key) {
                    state::After::Quit => return screen.close(),
                    state::After::Suspend => screen.suspend()?,
                    state::After::Redraw => screen.clear()?,
                    state::After::GoOn => {}
                }
                drawn = None;
            }
            Event::Changed => drawn = None,
            Event::Nothing => {}
            Event::Gone => return Ok(()),
        }
        if stop.is_set() {
            return screen.close();
        }
    }
}

/// Starts a thread that sends its outcome back.
fn in_background(run: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let builder = std::thread::Builder::new().name("action".to_owned());
    builder.spawn(run).map(drop).map_err(|_| thread_ended())
}

/// What is known about a server: its name and address first.
fn server_facts(server: &ServerView) -> Vec<String> {
    let mut facts = vec![one_line(&server.name), one_line(&server.address)];
    facts.extend(
        server
            .engine
            .as_deref()
            .map(|it| format!("engine {}", one_line(it))),
    );
    facts.extend(
        server
            .python
            .as_deref()
            .map(|it| format!("Python {}", one_line(it))),
    );
    facts.extend(
        server
            .uptime_s
            .map(|it| format!("up {}", millis(it * 1000))),
    );
    facts
}
