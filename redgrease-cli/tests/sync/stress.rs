//! Random edits of a directory, against a model of what the server must have.

use crate::scripts::{Scripts, call, con, trigger_script, triggers, until};
use crate::watching::Watching;
use redgrease_embedded::Server;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Numbers that are the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// The directory as it is, by path: the trigger and the answer of a script, or none for one that fails.
type Model = BTreeMap<String, Option<(String, String)>>;

struct Editor {
    scripts: Scripts,
    model: Model,
    random: Random,
    /// Each text is new, and each trigger belongs to one file at a time.
    count: usize,
}

const DIRECTORIES: [&str; 4] = ["", "x", "x/y", "z"];

impl Editor {
    fn path(&self, name: &str) -> PathBuf {
        self.scripts.path().join(name)
    }

    fn any(&mut self) -> Option<String> {
        let at = self.random.below(self.model.len().max(1));
        self.model.keys().nth(at).cloned()
    }

    fn text(&mut self, trigger: &str) -> (String, String) {
        self.count += 1;
        let answer = self.count.to_string();
        (trigger_script(trigger, &answer), answer)
    }

    /// One edit, in one of the ways of editors.
    fn edit(&mut self) {
        let kind = self.random.below(8);
        let Some(name) = self.any().filter(|_| kind > 1) else {
            return self.create();
        };
        let path = self.path(&name);
        let trigger = if let Some((trigger, _)) = &self.model[&name] {
            trigger.clone()
        } else {
            self.count += 1;
            format!("t{}", self.count)
        };
        match kind {
            // Written in place, or through another file.
            2 | 3 => {
                let (text, answer) = self.text(&trigger);
                if kind == 2 {
                    std::fs::write(path, text).unwrap();
                } else {
                    let other = self.path(&format!("{name}.tmp"));
                    std::fs::write(&other, text).unwrap();
                    std::fs::rename(other, path).unwrap();
                }
                self.model.insert(name, Some((trigger, answer)));
            }
            4 => {
                std::fs::remove_file(path).unwrap();
                self.model.remove(&name);
            }
            5 => {
                let to = self.new_name();
                std::fs::rename(path, self.path(&to)).unwrap();
                let script = self.model.remove(&name).unwrap();
                self.model.insert(to, script);
            }
            // A whole directory goes.
            6 => {
                let directory = DIRECTORIES[1 + self.random.below(3)];
                let _ = std::fs::remove_dir_all(self.path(directory));
                self.model
                    .retain(|name, _| !name.starts_with(&format!("{directory}/")));
            }
            // A script that fails: the server keeps what it has.
            _ => {
                self.count += 1;
                std::fs::write(path, format!("1 / 0  # {}\n", self.count)).unwrap();
                self.model.insert(name, None);
            }
        }
    }

    fn new_name(&mut self) -> String {
        self.count += 1;
        let directory = DIRECTORIES[self.random.below(4)];
        std::fs::create_dir_all(self.path(directory)).unwrap();
        format!("{directory}/s{}.py", self.count)
            .trim_start_matches('/')
            .to_owned()
    }

    fn create(&mut self) {
        let name = self.new_name();
        let trigger = format!("t{}", self.count);
        let (text, answer) = self.text(&trigger);
        std::fs::write(self.path(&name), text).unwrap();
        self.model.insert(name, Some((trigger, answer)));
    }
}

#[test]
fn the_server_follows_random_edits() {
    let seed = std::env::var("REDGREASE_SEED")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(0x5eed);
    println!("REDGREASE_SEED={seed}");
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let mut editor = Editor {
        scripts: Scripts::new(),
        model: Model::new(),
        random: Random(seed),
        count: 0,
    };
    let args = ["-r", "--watch", "0.1", editor.scripts.dir()];
    let watching = Watching::start(server.url(), &args);
    watching.says("watching");
    for round in 0..40 {
        for _ in 0..=editor.random.below(12) {
            editor.edit();
            if editor.random.below(4) == 0 {
                std::thread::sleep(Duration::from_millis(editor.random.below(60) as u64));
            }
        }
        let model = &editor.model;
        let answers: Vec<&(String, String)> = model.values().flatten().collect();
        until(
            &format!("round {round}: {model:?}: {}", watching.text()),
            || {
                answers
                    .iter()
                    .all(|(trigger, answer)| call(&mut con, trigger).as_ref() == Ok(answer))
            },
        );
        // No script more than those that are there, and those that fail and have an old version.
        let failing = model.len() - answers.len();
        until(
            &format!("round {round}: too many: {model:?}: {}", watching.text()),
            || triggers(&mut con).len() <= answers.len() + failing,
        );
    }
    assert_eq!(watching.ends("-TERM").0, 0);
}
