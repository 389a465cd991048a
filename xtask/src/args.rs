//! The command line.

use crate::steps::{Failed, Outcome};
use std::path::PathBuf;
use std::str::FromStr;

pub(crate) const HELP: &str = "\
Usage: cargo xtask COMMAND

  new PATH [--web] [--name NAME]
                  make a crate outside of this clone with `redgrease new`: a program with a gear and its
                  test, or with --web an axum service; its name is that of the folder, unless --name gives
                  another one
  demo  [--yes]   run the example cache_get: Python inside a Rust function, running inside Redis
  test  [--yes]   run every test of the project, on one Redis and one Valkey
  test  --matrix [--only NAME]
                  run the tests that depend on the server or Python on every available server
                  (redis-6.2, redis-7.0, redis-7.4, redis-8.0, valkey-8.1, valkey-9.1, and the
                  machine's own if it is another one) and every available Python (python-3.9 to
                  python-3.13); --only runs one of them, and fails if it is not available
  check [--yes]   check format, spelling, layers, lints, documentation, the book, dependencies and
                  features
  book  [--out DIR]
                  build the book with the documentation of the crates, and follow every link
                  (default folder: target/redgrease/book)
  serve [--yes] [--port N] [--dir D]
                  run a Redis with the engine of this clone on loopback, for your own programs, with
                  `redgrease serve`
                  (default: port 6379, data in target/redgrease/serve)
  serve --cluster SHARDS [--replicas N] [--yes] [--port N] [--dir D]
                  run a cluster with the engine in each server, on a row of ports of loopback
                  (default: no replicas, first port 6379); with --dir, its data, slots and ports are
                  kept for the next time, else its data are removed when it ends
  bench [--yes] [--quick] [--only calls|events|batch|memory|cluster] [--keys N]
                  measure calls of gears against PING, Lua and a module that does nothing, handlers of
                  streams and keys against consumers and subscribers, jobs over many keys against Lua,
                  redis-py and redis-rs, the memory of sessions, executions and waiting calls, and a
                  cluster of three shards against one server and clients of clusters; --only measures
                  one of them, --keys sets the keys of the jobs
  bench --instructions
                  count the instructions of the server for each call, with callgrind
  bench --compare REVISION
                  measure calls with this engine and with that of another revision of git, in turns
  soak  [--minutes N] [--seed S]
                  run all kinds of gears for a long time (30 minutes), with kills and restarts
  soak --cluster SHARDS [--replicas N] [--minutes N] [--seed S]
                  the same on a cluster whose slots move and whose masters change (default: one replica
                  of each shard)
  fuzz  [--minutes N] [--seed S]
                  send random and damaged input for a time (30 minutes)
  valgrind        run the jobs of the soak under valgrind's memcheck
  deb   [--wheel FILE] [--out DIR]
                  pack the engines of a wheel as a package for Debian (default: the newest wheel of
                  `cargo xtask wheel`, into target/redgrease/deb)
  install [--yes] install the engine for this user (~/.local/share/redgrease/lib), where programs
                  outside of this workspace find it
  package [--yes] pack each published crate, and build it from its own file
  outside [--yes] [--wheel FILE]
                  test a crate outside of this workspace that has only the Python package of the engine,
                  and the crates that `new` makes
                  (default: the newest wheel of `cargo xtask wheel`)
  wheel [--yes] [--only 3.11,3.12 | --local] [--out DIR] [--test]
                  build the Python package redgrease-engine with engines for Python 3.9 to 3.13
                  (default folder: target/redgrease/wheel); --only builds some of them, --local packs
                  the engine of this machine's Python, which `setup` builds, for this machine alone
                  (default folder: target/redgrease/wheel-local); --test installs the package into a
                  new venv of each Python and runs a gear there
  setup [--yes]   only prepare the machine: install missing packages and build the engine

Missing packages are listed, and installed after a confirmation. With --yes, or without a terminal,
they are installed without a question.

Environment:
  REDGREASE_PYTHON   the Python the engine is built for (3.9 or newer, with a shared libpython)
  REDGREASE_SERVER   the redis-server or valkey-server to run
  REDGREASE_ENGINE   an engine that is already built; no other one is built";

/// The parts of `cargo xtask bench`.
const PARTS_OF_BENCH: [&str; 5] = ["calls", "events", "batch", "memory", "cluster"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    New,
    Setup,
    Demo,
    Test,
    Check,
    Book,
    Serve,
    Bench,
    Soak,
    Fuzz,
    Valgrind,
    Deb,
    Install,
    Package,
    Outside,
    Wheel,
}

impl Task {
    fn named(word: Option<&str>) -> Outcome<Task> {
        Ok(match word {
            None | Some("help" | "-h" | "--help") => Task::Help,
            Some("new") => Task::New,
            Some("setup") => Task::Setup,
            Some("demo") => Task::Demo,
            Some("test") => Task::Test,
            Some("check") => Task::Check,
            Some("book") => Task::Book,
            Some("serve") => Task::Serve,
            Some("bench") => Task::Bench,
            Some("soak") => Task::Soak,
            Some("fuzz") => Task::Fuzz,
            Some("valgrind") => Task::Valgrind,
            Some("deb") => Task::Deb,
            Some("install") => Task::Install,
            Some("package") => Task::Package,
            Some("outside") => Task::Outside,
            Some("wheel") => Task::Wheel,
            Some(other) => return Err(misuse(&format!("there is no command `{other}`"))),
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for an option of the command line"
)]
pub(crate) struct Args {
    pub(crate) task: Task,
    pub(crate) yes: bool,
    pub(crate) port: Option<u16>,
    pub(crate) dir: Option<PathBuf>,
    /// The shards of a cluster in place of one server.
    pub(crate) cluster: Option<usize>,
    pub(crate) replicas: Option<usize>,
    pub(crate) matrix: bool,
    pub(crate) only: Option<String>,
    pub(crate) quick: bool,
    pub(crate) instructions: bool,
    /// The revision whose engine is measured in turns with this one.
    pub(crate) compare: Option<String>,
    pub(crate) keys: Option<usize>,
    pub(crate) minutes: u64,
    pub(crate) seed: Option<u64>,
    pub(crate) wheel: Option<PathBuf>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) local: bool,
    pub(crate) test: bool,
    pub(crate) path: Option<PathBuf>,
    pub(crate) name: Option<String>,
    pub(crate) web: bool,
}

impl Args {
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Outcome<Self> {
        let mut words = words.into_iter();
        let task = Task::named(words.next().as_deref())?;
        let mut args = Args {
            task,
            yes: false,
            port: None,
            dir: None,
            cluster: None,
            replicas: None,
            matrix: false,
            only: None,
            quick: false,
            instructions: false,
            compare: None,
            keys: None,
            minutes: 30,
            seed: None,
            wheel: None,
            out: None,
            local: false,
            test: false,
            path: None,
            name: None,
            web: false,
        };
        while let Some(word) = words.next() {
            let whole = word.clone();
            let (name, glued) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let mut value = || {
                let value = glued.clone().or_else(|| words.next());
                value.ok_or_else(|| misuse(&format!("`{name}` needs a value")))
            };
            match (name.as_str(), task) {
                ("-h" | "--help", _) => args.task = Task::Help,
                ("-y" | "--yes", _) => args.yes = true,
                ("--port", Task::Serve) => {
                    args.port = Some(
                        number(&value()?)
                            .filter(|&port| port != 0)
                            .ok_or_else(|| misuse("`--port` takes a number from 1 to 65535"))?,
                    );
                }
                ("--dir", Task::Serve) => args.dir = Some(value()?.into()),
                ("--cluster", Task::Serve | Task::Soak) => {
                    args.cluster = Some(
                        number(&value()?)
                            .filter(|&shards| shards != 0)
                            .ok_or_else(|| misuse("`--cluster` takes a number of shards"))?,
                    );
                }
                ("--replicas", Task::Serve | Task::Soak) => {
                    args.replicas = Some(
                        number(&value()?)
                            .ok_or_else(|| misuse("`--replicas` takes a number for each shard"))?,
                    );
                }
                ("--wheel", Task::Deb | Task::Outside) => args.wheel = Some(value()?.into()),
                ("--matrix", Task::Test) => args.matrix = true,
                ("--only", Task::Test | Task::Wheel | Task::Bench) => args.only = Some(value()?),
                ("--local", Task::Wheel) => args.local = true,
                ("--out", Task::Deb | Task::Wheel | Task::Book) => args.out = Some(value()?.into()),
                ("--test", Task::Wheel) => args.test = true,
                ("--web", Task::New) => args.web = true,
                ("--name", Task::New) => args.name = Some(value()?),
                (word, Task::New) if !word.starts_with('-') && args.path.is_none() => {
                    args.path = Some(whole.into());
                }
                ("--quick", Task::Bench) => args.quick = true,
                ("--instructions", Task::Bench) => args.instructions = true,
                ("--compare", Task::Bench) => args.compare = Some(value()?),
                ("--keys", Task::Bench) => {
                    args.keys = Some(
                        number(&value()?)
                            .filter(|&keys| keys != 0)
                            .ok_or_else(|| misuse("`--keys` takes a number of at least 1"))?,
                    );
                }
                ("--minutes", Task::Soak | Task::Fuzz) => {
                    args.minutes = number(&value()?)
                        .filter(|&minutes| minutes != 0)
                        .ok_or_else(|| misuse("`--minutes` takes a number of at least 1"))?;
                }
                ("--seed", Task::Soak | Task::Fuzz) => {
                    args.seed =
                        Some(number(&value()?).ok_or_else(|| misuse("`--seed` takes a number"))?);
                }
                _ => return Err(misuse(&format!("this command does not take `{name}`"))),
            }
        }
        args.fit_together()?;
        Ok(args)
    }

    /// Refuses options that make no sense without others, or beside them.
    fn fit_together(&self) -> Outcome {
        if self.task == Task::New && self.path.is_none() {
            return Err(misuse("`new` needs the path of the new crate"));
        }
        if self.only.is_some() && self.task == Task::Test && !self.matrix {
            return Err(misuse("`--only` needs `--matrix`"));
        }
        let is_part = |name: &str| PARTS_OF_BENCH.contains(&name);
        if self.task == Task::Bench && !self.only.as_deref().is_none_or(is_part) {
            return Err(misuse(
                "`--only` takes calls, events, batch, memory or cluster",
            ));
        }
        let measures_calls = self.instructions || self.compare.is_some();
        if measures_calls && self.only.as_deref().is_some_and(|only| only != "calls") {
            return Err(misuse(
                "`--instructions` and `--compare` measure calls, and `--only` something else",
            ));
        }
        if self.replicas.is_some() && self.cluster.is_none() {
            return Err(misuse("`--replicas` needs `--cluster`"));
        }
        if self.only.is_some() && self.local {
            return Err(misuse("`--only` and `--local` exclude each other"));
        }
        Ok(())
    }
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn misuse(what: &str) -> Failed {
    Failed::new(format!(
        "{what}; `cargo xtask help` lists the commands and options"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Outcome<Args> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn commands_and_options_are_parsed() {
        assert_eq!(parse("").unwrap().task, Task::Help);
        assert_eq!(parse("demo --help").unwrap().task, Task::Help);
        assert!(parse("demo --yes").unwrap().yes);
        let check = parse("check -y").unwrap();
        assert_eq!((check.task, check.yes), (Task::Check, true));
        let serve = parse("serve --port 7000 --dir=data").unwrap();
        assert_eq!((serve.port, serve.dir), (Some(7000), Some("data".into())));
        assert_eq!(parse("serve").unwrap().port, None);
        let kept = parse("serve --cluster 3 --dir d").unwrap();
        assert_eq!((kept.cluster, kept.dir), (Some(3), Some("d".into())));
        let cluster = parse("serve --cluster 3 --replicas=1 --port 7000").unwrap();
        assert_eq!(
            (cluster.cluster, cluster.replicas, cluster.port),
            (Some(3), Some(1), Some(7000))
        );
        let test = parse("test --matrix --only redis-6.2").unwrap();
        assert_eq!(
            (test.matrix, test.only.as_deref()),
            (true, Some("redis-6.2"))
        );
        let fuzz = parse("fuzz --minutes 3 --seed=7").unwrap();
        assert_eq!((fuzz.minutes, fuzz.seed), (3, Some(7)));
        let soak = parse("soak --cluster 3 --replicas 2").unwrap();
        assert_eq!((soak.cluster, soak.replicas), (Some(3), Some(2)));
        assert!(parse("bench --quick").unwrap().quick);
        assert!(parse("bench --instructions --only batch").is_err());
        assert!(parse("bench --compare HEAD --only memory").is_err());
        assert!(parse("bench --compare HEAD --only calls").is_ok());
        assert!(parse("bench --instructions").unwrap().instructions);
        let compared = parse("bench --compare HEAD~1").unwrap().compare;
        assert_eq!(compared.as_deref(), Some("HEAD~1"));
        let bench = parse("bench --only cluster --keys=5000").unwrap();
        assert_eq!(
            (bench.only.as_deref(), bench.keys),
            (Some("cluster"), Some(5000))
        );
        let deb = parse("deb --wheel w.whl --out=packages").unwrap();
        assert_eq!(
            (deb.wheel, deb.out),
            (Some("w.whl".into()), Some("packages".into()))
        );
        let outside = parse("outside --wheel a.whl").unwrap();
        assert_eq!(outside.wheel, Some("a.whl".into()));
        let wheel = parse("wheel --only 3.12 --out dist --test").unwrap();
        assert_eq!(
            (wheel.only.as_deref(), wheel.out, wheel.test),
            (Some("3.12"), Some("dist".into()), true)
        );
        assert!(parse("wheel --local").unwrap().local);
        let new = parse("new ../a=b --web --name=my-app").unwrap();
        assert_eq!(
            (new.path, new.name.as_deref(), new.web),
            (Some("../a=b".into()), Some("my-app"), true)
        );
        assert_eq!(parse("new --help").unwrap().task, Task::Help);
    }

    #[test]
    fn unknown_words_are_refused() {
        for (line, part) in [
            ("dmo", "no command `dmo`"),
            ("demo --port 1", "`--port`"),
            ("serve --port", "needs a value"),
            ("serve --port 0", "1 to 65535"),
            ("serve --port 70000", "1 to 65535"),
            ("serve --cluster 0", "`--cluster`"),
            ("serve --cluster 3 --replicas x", "`--replicas`"),
            ("serve --replicas 1", "needs `--cluster`"),
            ("demo --cluster 3", "`--cluster`"),
            ("test --only redis-6.2", "`--matrix`"),
            ("bench --only clusters", "`--only`"),
            ("bench --keys 0", "`--keys`"),
            ("soak --minutes 0", "`--minutes`"),
            ("fuzz --seed x", "`--seed`"),
            ("test --quick", "`--quick`"),
            ("package --wheel a.whl", "`--wheel`"),
            ("wheel --only 3.12 --local", "`--local`"),
            ("demo --out x", "`--out`"),
            ("new", "needs the path"),
            ("new a b", "`b`"),
            ("new --wbe a", "`--wbe`"),
            ("demo a", "`a`"),
        ] {
            let said = parse(line).unwrap_err().to_string();
            assert!(
                said.contains(part) && said.contains("cargo xtask help"),
                "{line}: {said}"
            );
        }
    }
}
