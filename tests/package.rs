//! The choice of the package `redgrease` on the server. The choice belongs to the process, so this is
//! a separate test program.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease::prelude::*;
use redgrease::{Options, RedgreasePackage, start_with};
use redgrease_embedded::Server;

#[gear_command]
fn tag() -> String {
    python! {
        from redgrease import hashtag3
        return hashtag3()
    }
}

/// Returns the names that a gear cannot import.
#[gear_command]
fn unknown(names: Vec<String>) -> Vec<String> {
    python! {
        import redgrease
        return [name for name in names if not hasattr(redgrease, name)]
    }
}

/// `Err` comes with the import, and can be pickled like every class that can be imported.
#[gear_command(mode = "sync")]
fn refused(number: i64) -> Result<i64, String> {
    python! {
        import pickle
        import redgrease
        from redgrease import Err as Refusal, log

        if pickle.loads(pickle.dumps(Refusal)) is not redgrease.Err:
            raise TypeError("another class")
        if number == 0:
            raise pickle.loads(pickle.dumps(Refusal("zero")))
        if number < 0:
            raise Err("negative")
        return number
    }
}

#[test]
fn err_can_be_imported_and_pickled() {
    let server = Server::start().unwrap();
    let (mut con, _) = start_with(server.url(), &Options::new().gears(gears![refused])).unwrap();
    assert_eq!(refused(&mut con, 1).unwrap(), Ok(1));
    assert_eq!(refused(&mut con, 0).unwrap(), Err("zero".to_owned()));
    assert_eq!(refused(&mut con, -1).unwrap(), Err("negative".to_owned()));
}

/// The engine and the client have the same class `Err`.
#[test]
fn both_classes_err_are_the_same() {
    let class = |source: &str| {
        let lines = source.lines().map(str::trim);
        let lines = lines.skip_while(|line| !line.starts_with("class Err("));
        let lines =
            lines.take_while(|line| !line.starts_with("def _") || line.contains("__init__"));
        let lines = lines.take_while(|line| !line.starts_with("__all__"));
        lines
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let engine =
        include_str!("../redgrease-engine/src/gears/runtime/redgrease_commands/outcome.py");
    let client = include_str!("../redgrease-core/src/prelude/outcome.py");
    assert!(class(engine).contains("self.__notes__"));
    assert_eq!(class(engine), class(client));
}

/// The stub file for editors declares only names that exist when a gear runs.
#[test]
fn the_names_of_the_stub_file_can_be_imported() {
    let names: Vec<String> = include_str!("../book/src/redgrease.pyi")
        .lines()
        .filter_map(|line| {
            let declared = line
                .strip_prefix("def ")
                .or_else(|| line.strip_prefix("class "))
                .or_else(|| line.split_once(" = ").map(|(name, _)| name))
                .or_else(|| line.starts_with("cmd: ").then_some(line))?;
            declared.split(['(', ':']).next().map(str::to_owned)
        })
        // Names with an underscore are for the stub file alone.
        .filter(|name| !name.starts_with([' ', '_']))
        .collect();
    for expected in ["cmd", "execute", "Err", "GearsBuilder", "GB", "gearsFuture"] {
        assert!(names.iter().any(|name| name == expected), "{names:?}");
    }
    let server = Server::start().unwrap();
    let (mut con, _) = start_with(server.url(), &Options::new().gears(gears![unknown])).unwrap();
    let none: Vec<String> = Vec::new();
    assert_eq!(unknown(&mut con, names).unwrap(), none);
    let made_up = vec!["made_up".to_owned()];
    assert_eq!(unknown(&mut con, made_up.clone()).unwrap(), made_up);
}

#[test]
fn the_package_can_be_chosen() {
    let server = Server::start().unwrap();
    let with = |package| Options::new().gears(gears![tag]).redgrease_package(package);
    let (mut con, _) = start_with(server.url(), &with(RedgreasePackage::Bundled)).unwrap();
    assert!(tag(&mut con).unwrap().starts_with('{'));

    // No package is sent. The import finds the server's own package, if the server has one.
    let (mut con, report) = start_with(server.url(), &with(RedgreasePackage::Absent)).unwrap();
    assert!(report.is_changed());
    match tag(&mut con) {
        Ok(tag) => assert!(tag.starts_with('{')),
        Err(e) => assert!(e.to_string().contains("redgrease"), "{e}"),
    }
    let (_, report) = start_with(server.url(), &with(RedgreasePackage::Absent)).unwrap();
    assert!(!report.is_changed());

    // The server's pip installs the package; this one does not exist.
    let missing =
        RedgreasePackage::Installed("redgrease @ file:///nowhere/redgrease.whl".to_owned());
    let error = start_with(server.url(), &with(missing)).unwrap_err();
    assert!(
        error.to_string().contains("file:///nowhere/redgrease.whl"),
        "{error}"
    );
}
