//! `redgrease logs`: what the engine and the gears write to the log of the server.
//!
//! A server does not send its log. If it runs on this machine, its log file is read; otherwise the last errors of the registrations
//! are all that it tells.
//!
//! * `place`: where the log is. `tail`: the end of a file that is followed. `line`: lines of a log. `errors`: the last errors.

mod errors;
mod line;
mod place;
mod tail;

use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::nodes::Node;
use line::Line;
use place::Place;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tail::Tail;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Go on, and print what is added
    #[arg(short, long)]
    follow: bool,
    /// Number of lines from the end
    #[arg(short = 'n', long, value_name = "LINES", default_value_t = 50)]
    lines: usize,
    /// All lines of the server, not those of the engine and the gears alone
    #[arg(short, long)]
    all: bool,
    /// The log file, if the server does not tell it
    #[arg(long, value_name = "FILE", conflicts_with = "errors")]
    file: Option<PathBuf>,
    /// The last errors of the registrations, not the log
    #[arg(long)]
    errors: bool,
}

/// How often files are looked at, and servers.
const PAUSE: Duration = Duration::from_millis(200);
const CHECK: Duration = Duration::from_secs(1);

/// A log that is read.
struct Log {
    label: Option<String>,
    tail: Tail,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    if let Some(file) = &args.file {
        let mut logs = Vec::new();
        add(app, args, file, None, &mut logs)?;
        return if args.follow {
            follow(app, args, logs, Vec::new())
        } else {
            Ok(())
        };
    }
    let mut con = app.connect()?;
    if args.errors {
        return errors::print(app, con, args.follow);
    }
    let nodes = app.nodes(&mut con)?;
    let mut logs = Vec::new();
    for node in &nodes {
        let label = node
            .shard
            .as_deref()
            .map(|shard| shard[..shard.len().min(8)].to_owned());
        let place = match Place::of(node) {
            Ok(place) => place,
            Err(error) => Place::Unreadable(format!(
                "{} does not answer ({error}): see `redgrease doctor`",
                node.address
            )),
        };
        match place {
            Place::File(path) => add(app, args, &path, label, &mut logs)?,
            Place::Unreadable(reason) => app.out.warn(crate::output::clean(&reason)),
        }
    }
    if logs.is_empty() {
        app.out
            .note("the last errors of the registrations, in place of the log:");
        return errors::print(app, con, args.follow);
    }
    drop(con);
    if args.follow {
        follow(app, args, logs, nodes)
    } else {
        Ok(())
    }
}

/// Prints the last lines of a log.
fn add(
    app: &App,
    args: &Args,
    path: &Path,
    label: Option<String>,
    logs: &mut Vec<Log>,
) -> Result<(), Failure> {
    let (lines, tail) = Tail::open(path, args.lines, args.all).map_err(|e| unreadable(path, &e))?;
    if lines.is_empty() && !args.follow && !app.out.is_json() && args.lines > 0 {
        let what = if args.all {
            "is empty"
        } else {
            "has no line of the engine or a gear: --all prints those of the server"
        };
        app.out.note(format_args!("{} {what}", path.display()));
    }
    print(app, lines, label.as_ref())?;
    logs.push(Log { label, tail });
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let remedy = match error.kind() {
        std::io::ErrorKind::PermissionDenied => "read it as the user of the server",
        _ => "check the path",
    };
    Failure::failed(format!(
        "the log {} cannot be read ({error}): {remedy}",
        path.display()
    ))
}

fn print(app: &App, lines: Vec<Line>, label: Option<&String>) -> Result<(), Failure> {
    for mut line in lines {
        line.shard = label.cloned();
        if app.out.is_json() {
            app.out.json(&line)?;
        } else {
            app.out.line(line.styled())?;
        }
    }
    Ok(())
}

/// News about a server.
enum News {
    Away,
    Back {
        after: Duration,
        place: Option<Place>,
    },
}

fn follow(app: &App, args: &Args, mut logs: Vec<Log>, nodes: Vec<Node>) -> Result<(), Failure> {
    let interrupt = Interrupt::catch()?;
    let news = watch(nodes);
    while !interrupt.is_set() {
        for log in &mut logs {
            let lines = log
                .tail
                .more()
                .map_err(|e| unreadable(log.tail.path(), &e))?;
            print(app, lines, log.label.as_ref())?;
        }
        while let Ok((address, news)) = news.try_recv() {
            match news {
                News::Away => app.out.warn(format_args!(
                    "the server {address} is away: waiting for it, Ctrl-C ends"
                )),
                News::Back { after, place } => {
                    app.out.note(format_args!(
                        "the server {address} answers again after {:.1} s",
                        after.as_secs_f64()
                    ));
                    moved(app, args, &mut logs, place)?;
                }
            }
        }
        interrupt.sleep(PAUSE);
    }
    Ok(())
}

/// A server may have come back with another log file.
fn moved(app: &App, args: &Args, logs: &mut [Log], place: Option<Place>) -> Result<(), Failure> {
    let (Some(Place::File(path)), [log]) = (place, logs) else {
        return Ok(());
    };
    if path != log.tail.path() {
        app.out
            .note(format_args!("the log is {} now", path.display()));
        let (lines, tail) =
            Tail::open(&path, args.lines, args.all).map_err(|e| unreadable(&path, &e))?;
        log.tail = tail;
        print(app, lines, log.label.as_ref())?;
    }
    Ok(())
}

/// Watches whether servers answer, until nobody wants the news.
fn watch(nodes: Vec<Node>) -> Receiver<(String, News)> {
    let (send, news) = channel();
    for node in nodes {
        let send = send.clone();
        std::thread::spawn(move || watch_one(&node, &send));
    }
    news
}

fn watch_one(node: &Node, send: &Sender<(String, News)>) {
    let mut away_since: Option<Instant> = None;
    loop {
        std::thread::sleep(CHECK);
        let news = match (place::answers(node), away_since) {
            (false, None) => {
                away_since = Some(Instant::now());
                News::Away
            }
            (true, Some(since)) => {
                away_since = None;
                let place = Place::of(node).ok();
                News::Back {
                    after: since.elapsed(),
                    place,
                }
            }
            _ => continue,
        };
        if send.send((node.address.clone(), news)).is_err() {
            return;
        }
    }
}
