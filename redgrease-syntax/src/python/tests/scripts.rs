//! Whole scripts, as `RG.PYEXECUTE` runs them.

use super::*;

fn messages(text: &str, requirements: &[&str]) -> Vec<String> {
    let report = examine(&Source::script(text).requirements(requirements));
    report.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_script_uses_what_the_server_provides() {
    let script = "import json\n\ndef entry(x):\n    yield execute('GET', x['key'])\n\n\
                  GB('KeysReader').flatmap(entry).map(json.dumps).run('user:*')\n";
    assert_eq!(messages(script, &[]), [""; 0]);
    assert_eq!(messages("", &[]), [""; 0]);
    assert_eq!(messages("# nothing\n", &[]), [""; 0]);
}

#[test]
fn the_mistakes_of_a_script() {
    assert_eq!(
        messages("GB().map(f).run()\n", &[]),
        ["undefined Python name `f`: import or assign it"]
    );
    for (text, part) in [
        ("  GB().run()\n", "indent"),
        ("return 1\n", "`return`"),
        ("await log\n", "`await`"),
        ("for x in y\n", ":"),
    ] {
        let found = messages(text, &[]);
        assert!(found[0].contains(part), "{text}: {found:?}");
    }
}

#[test]
fn the_packages_of_a_script_are_in_no_attribute() {
    assert_eq!(messages("import requests\n", &["requests"]), [""; 0]);
    assert_eq!(
        messages("import requests  # redgrease: allow(unknown-import)\n", &[]),
        [""; 0]
    );
    for (text, part) in [
        (
            "import requests\n",
            "name the package `requests` behind REQUIREMENTS",
        ),
        ("import jsn\n", "did you mean `json`?"),
        ("import qqqqqqqq\n", "a server has no other files"),
        ("import tomllib\n", "check the script for that version"),
    ] {
        let found = messages(text, &["six"]);
        assert!(found.len() == 1 && found[0].contains(part), "{found:?}");
    }
}
