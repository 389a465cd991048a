//! All paths, with a user that may not read the secret and the default user, as owner and as caller.

use crate::cases::{CASES, Case, Cause, PROBE};
use crate::common::eventually;
use crate::table::{Rights, Row, rows};
use crate::world::{AUTHOR, CALLER, DEFAULT, SECRET, World, send};
use redgrease_embedded::Server;

/// What a gear reports: its user, and the values of `secret` and of `app:x`, or errors.
pub(crate) type Report = [String; 3];

impl World {
    pub(crate) fn with_setting(execute_as_owner: bool) -> Option<World> {
        let value = if execute_as_owner { "1" } else { "0" };
        World::of(Server::builder().module_arg("ExecuteAsOwner", value))
    }

    /// The first report of the gear with this number.
    pub(crate) fn report(&self, number: usize) -> Option<Report> {
        let all = std::fs::read_to_string(self.server.dir().join("seen")).unwrap_or_default();
        let begin = format!("{number} ");
        let text = all.lines().find_map(|line| line.strip_prefix(&begin))?;
        Some(serde_json::from_str(text).unwrap())
    }

    /// Sends the script of a case as `owner`, and the commands that let its gear run as `caller`. Returns all replies to users
    /// who may not read the secret.
    pub(crate) fn begin(
        &self,
        number: usize,
        case: &Case,
        owner: &str,
        caller: &str,
    ) -> Vec<String> {
        let mut replies = vec![self.send_script(number, case.script, owner)];
        if owner == DEFAULT {
            replies.clear();
        }
        replies.extend(self.cause(case, caller));
        replies
    }

    #[track_caller]
    pub(crate) fn send_script(&self, number: usize, script: &str, owner: &str) -> String {
        let script = PROBE.replace("NUMBER", &number.to_string()) + script;
        let reply = self.ask(owner, &["RG.PYEXECUTE", &script]);
        assert!(!reply.contains("SyntaxError"), "{script}: {reply}");
        reply
    }

    pub(crate) fn cause(&self, case: &Case, caller: &str) -> Vec<String> {
        let mut con = self.connection(caller);
        let mut replies = Vec::new();
        for cause in case.cause {
            match cause {
                Cause::ByDefault(line) => drop(self.ask(DEFAULT, &refs(&words(line)))),
                Cause::By(line) => replies.push(send(&mut con, &refs(&words(line)))),
            }
        }
        if caller == DEFAULT {
            replies.clear();
        }
        replies
    }

    /// Removes everything that a case has left.
    pub(crate) fn clean_up(&self, case: &Case) {
        for line in case.after {
            self.ask(DEFAULT, &refs(&words(line)));
        }
        for id in self.registrations() {
            assert_eq!(self.ask(DEFAULT, &["RG.UNREGISTER", &id]), "OK");
        }
        for key in ["app:k", "app:a", "app:s", "app:te"] {
            self.ask(DEFAULT, &["DEL", key]);
        }
    }

    pub(crate) fn registrations(&self) -> Vec<String> {
        let rows = self.ask(DEFAULT, &["RG.DUMPREGISTRATIONS"]);
        let ids = rows.split("[id, ").skip(1);
        ids.map(|row| row.split(',').next().unwrap().to_owned())
            .collect()
    }
}

/// The words of a command; `~` is a space.
fn words(line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.replace('~', " ")).collect()
}

fn refs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

impl Row {
    pub(crate) fn of(path: &str) -> Row {
        rows().into_iter().find(|row| row.path == path).unwrap()
    }

    pub(crate) fn user<'a>(&self, as_owner: bool, owner: &'a str, caller: &'a str) -> &'a str {
        let rights = if as_owner { self.as_owner } else { self.rights };
        match rights {
            Rights::Caller => caller,
            Rights::Owner | Rights::Sender => owner,
        }
    }
}

/// `true` for the error of a missing right.
pub(crate) fn is_refused(text: &str) -> bool {
    // `cmd` and the client have names for it, and Lua has words of its own.
    let lua = [
        "The user executing the script can't",
        "ACL failure in script",
    ];
    let names = ["NOPERM", "NoPermissionError", "NoPerm:"];
    lua.iter().chain(&names).any(|words| text.contains(words))
}

/// Checks a report against the rights of `user`.
#[track_caller]
pub(crate) fn check(what: &str, [name, secret, own]: &Report, user: &str) {
    // A script of the server does not let a gear ask.
    if !name.contains("a gear that a script calls") {
        assert_eq!(name, user, "{what}: the user");
    }
    if user == DEFAULT {
        assert_eq!(secret, SECRET, "{what}");
    } else {
        assert!(is_refused(secret), "{what}: {secret}");
        assert!(!secret.contains(SECRET), "{what}: {secret}");
    }
    assert_eq!(own, "mine", "{what}");
}

fn walk(execute_as_owner: bool, owner: &str, caller: &str) {
    let Some(world) = World::with_setting(execute_as_owner) else {
        return;
    };
    world.ask(DEFAULT, &["XADD", "app:one", "*", "a", "b"]);
    let mut wrong = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let what = format!("{}: {} {:?}", case.row, case.script, case.cause);
        let replies = world.begin(number, case, owner, caller);
        let found = std::cell::Cell::new(None);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(&format!("{what} {replies:?}"), || {
                found.set(world.report(number));
                found.take().is_some()
            });
            let report = world.report(number).unwrap();
            let user = Row::of(case.row).user(execute_as_owner, owner, caller);
            check(&what, &report, user);
            for reply in &replies {
                assert!(!reply.contains(SECRET), "{what}: {reply}");
            }
        }));
        if outcome.is_err() {
            wrong.push(what);
        }
        world.clean_up(case);
    }
    assert!(
        wrong.is_empty(),
        "{} of {}: {wrong:#?}",
        wrong.len(),
        CASES.len()
    );
    let log = std::fs::read_to_string(world.server.log_path()).unwrap();
    assert!(!log.contains(SECRET), "the log contains a secret");
}

#[test]
fn gears_of_the_default_user_that_a_restricted_user_calls() {
    walk(false, DEFAULT, CALLER);
}

#[test]
fn gears_of_a_restricted_user_that_the_default_user_calls() {
    walk(false, AUTHOR, DEFAULT);
}

#[test]
fn with_execute_as_owner_gears_of_the_default_user_that_a_restricted_user_calls() {
    walk(true, DEFAULT, CALLER);
}

#[test]
fn with_execute_as_owner_gears_of_a_restricted_user_that_the_default_user_calls() {
    walk(true, AUTHOR, DEFAULT);
}
