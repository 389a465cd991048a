//! `redgrease check` for scripts.

use super::{Home, common};
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const TWO_MISTAKES: &str = "import json\n\ndef load(record):\n\tvalue = cmd.get(record['kye'])\n\treturn json.loads(valeu)\n\nGB().map(load).filtre(bool).run()\nlog('x', 'warn')\n";

fn two_mistakes() -> Home {
    let home = Home::new();
    home.write("gears/load.py", TWO_MISTAKES);
    home.write("gears/well.py", "GB().count().run()\n");
    home.write("gears/_private.py", "nothing here is checked =\n");
    home
}

#[test]
fn mistakes_are_shown_with_their_line() {
    let home = two_mistakes();
    let done = home.run(&["check", "gears"]);
    assert_eq!(done.code, 1, "{done:?}");
    let expected = "error[undefined-name]: undefined Python name `valeu`: did you mean `value`?\n \
                    --> gears/load.py:5:20\n  |\n5 |     return json.loads(valeu)\n  |                       ^^^^^\n";
    assert!(done.out.contains(expected), "{}", done.out);
    assert!(done.out.contains("gears/load.py:8:"), "{}", done.out);
    assert_eq!(done.err.trim(), "2 scripts: 2 mistakes");
    let quiet = home.run(&["-q", "check", "gears/well.py"]);
    assert_eq!(
        (quiet.code, quiet.out.as_str(), quiet.err.as_str()),
        (0, "", "")
    );
}

#[test]
fn colours_are_for_terminals() {
    let home = two_mistakes();
    assert!(!home.run(&["check", "gears"]).out.contains('\x1b'));
    assert!(
        home.run(&["--color", "always", "check", "gears"])
            .out
            .contains("\x1b[31m")
    );
}

#[test]
fn json_has_the_places() {
    let home = two_mistakes();
    for args in [
        &["check", "gears", "--json"][..],
        &["check", "gears", "--format", "json"],
    ] {
        let done = home.run(args);
        assert_eq!(done.code, 1);
        let found: Value = serde_json::from_str(&done.out).unwrap();
        let codes: Vec<&str> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, ["undefined-name", "log-level"]);
        assert_eq!(found[0]["file"], "gears/load.py");
        assert_eq!(
            (&found[0]["line"], &found[0]["column"]),
            (&5.into(), &20.into())
        );
        assert_eq!(found[0]["end_column"], 25);
    }
}

#[test]
fn github_gets_a_command_for_each_mistake() {
    let home = two_mistakes();
    let done = home.run(&["check", "gears", "--format", "github"]);
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!(lines.len(), 2, "{done:?}");
    assert_eq!(
        lines[0],
        "::error file=gears/load.py,line=5,endLine=5,col=20,endColumn=24,title=undefined-name::undefined Python name `valeu`: did you mean `value`?"
    );
}

/// The parts that the specification of SARIF 2.1.0 requires, and those that readers need.
#[test]
fn sarif_has_the_shape_of_the_specification() {
    let home = two_mistakes();
    let done = home.run(&["check", "gears", "--format", "sarif"]);
    assert_eq!(done.code, 1);
    let log: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let driver = &runs[0]["tool"]["driver"];
    assert!(driver["name"].is_string() && driver["version"].is_string());
    let rules = driver["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted, "each rule stands there one time");
    assert!(
        rules
            .iter()
            .all(|rule| rule["shortDescription"]["text"].is_string())
    );
    // What is in braces in the catalogue stands for something else in each message.
    assert!(
        !rules.iter().any(|rule| rule.to_string().contains("{hint}")),
        "{rules:?}"
    );
    assert!(
        ["utf16CodeUnits", "unicodeCodePoints"].contains(&runs[0]["columnKind"].as_str().unwrap())
    );
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!Path::new(uri).is_absolute() && !uri.contains(' '), "{uri}");
        let number = |name: &str| place["region"][name].as_u64().unwrap();
        assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        assert!(
            (number("endLine"), number("endColumn"))
                >= (number("startLine"), number("startColumn"))
        );
    }
    // A run without results is a list without results, and not null.
    let clean = home
        .run(&["check", "gears/well.py", "--format", "sarif"])
        .json();
    assert_eq!(clean["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn the_standard_input_is_a_script() {
    let mut child = common::program(&["check", "-", "--stdin-name", "editor.py"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"x = 1\nlog(y)\n")
        .unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let out = String::from_utf8(done.stdout).unwrap();
    assert!(out.contains("--> editor.py:2:5"), "{out}");
}

#[test]
fn requirements_and_comments_allow_imports() {
    let home = Home::new();
    home.write("a.py", "import requests\n");
    let missing = home.run(&["check", "a.py"]);
    assert_eq!(missing.code, 1);
    assert!(missing.out.contains("behind REQUIREMENTS"), "{missing:?}");
    home.run(&["check", "a.py", "--requirement", "requests"])
        .ok();
    home.run(&["check", "a.py", "--allow", "unknown-import"])
        .ok();
    home.write("requirements.txt", "requests>=2 # for the web\n");
    home.run(&["check", "a.py"]).ok();
    home.run(&["check", "."]).ok();
    home.write(
        "deep/b.py",
        "import six  # redgrease: allow(unknown-import)\nimport requests\n",
    );
    home.run(&["check", "."]).ok();
    home.write("requirements.txt", "requests=2\n");
    let wrong = home.run(&["check", "."]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.out.contains("write `requests==2`"), "{wrong:?}");
    home.run(&["check", "a.py", "--requirement", "a b"])
        .fails(2);
    home.run(&["check", "a.py", "--allow", "syntax"]).fails(2);
}

#[test]
fn the_version_of_python_decides() {
    let home = Home::new();
    home.write("a.py", "match 1:\n    case 1:\n        log('one')\n");
    assert_eq!(home.run(&["check", "a.py"]).code, 1);
    home.run(&["check", "a.py", "--python", "3.10"]).ok();
    home.run(&["check", "a.py", "--python", "2.7"]).fails(2);
}

#[test]
fn a_path_that_is_not_there_is_a_wrong_command_line() {
    let failed = common::run(&["check", "/no/such.py"]).fails(2);
    assert!(failed.contains("/no/such.py could not be read"), "{failed}");
}

#[test]
fn a_folder_without_anything_to_check_is_a_wrong_command_line() {
    let home = Home::new();
    home.write("gears/notes.txt", "nothing");
    home.write("gears/well.py", "GB().count().run()\n");
    home.write("notes/notes.txt", "nothing");
    assert_eq!(home.run(&["check", "gears"]).code, 0);
    let failed = home.run(&["check", "gears", "notes"]).fails(2);
    assert!(
        failed.contains("nothing in notes can be checked"),
        "{failed}"
    );
}

/// The scripts of the project's own tests run on a server, so nothing may be found in them.
#[test]
fn scripts_that_run_have_no_mistakes() {
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/scripts");
    let found = common::run(&["check", scripts, "--requirement", "requests"]);
    assert_eq!(found.code, 0, "{}", found.out);
    assert!(found.err.contains("22 scripts"), "{}", found.err);
}

/// A file that git has checked out on another system, and one that is no text.
#[test]
fn odd_files() {
    let home = Home::new();
    home.write("crlf.py", "\u{feff}x = 1\r\nlog(y)\r\n");
    home.write("latin.py", b"x = '\xe9'\n");
    home.write("empty.py", "");
    let done = home.run(&["check", "."]);
    assert!(
        done.out.contains("crlf.py:2:5") && done.out.contains("latin.py:1:6"),
        "{done:?}"
    );
    assert!(done.err.contains("3 scripts: 2 mistakes"), "{done:?}");
    assert!(!done.out.contains('\r'));
}

#[test]
fn cargo_that_is_missing_is_told() {
    let home = Home::new();
    home.write(
        "krate/Cargo.toml",
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    home.write("krate/src/lib.rs", "");
    let mut check: Command = home.program(&["check", "krate"]);
    let failed = common::done(check.env("CARGO", "/no/such/cargo")).fails(1);
    assert!(failed.contains("install Rust"), "{failed}");
    let failed = home.run(&["check", "krate/none.rs"]).fails(2);
    assert!(failed.contains("could not be read"), "{failed}");
    home.write("alone.rs", "");
    let failed = home.run(&["check", "alone.rs"]).fails(2);
    assert!(failed.contains("belongs to no crate"), "{failed}");
}
