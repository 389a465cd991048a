use super::*;

fn module(text: &str) -> Report {
    examine(&Source::module("gear", &["url"], text))
}

#[test]
fn a_module_defines_the_function() {
    let report = module(
        "import os\n\ndef gear(url):\n    return os, helper(url)\n\ndef helper(x):\n    return cmd.get(x)\n",
    );
    assert_eq!(report.findings, []);
    assert_eq!(report.names, ["cmd"]);
    assert!(!report.coroutine);
    assert!(module("async def gear(url):\n    return 1\n").coroutine);
}

#[test]
fn a_module_without_the_function() {
    let report = module("def geer(url):\n    return 1\ndef other():\n    pass\n");
    assert_eq!(
        report.findings[0].to_string(),
        "this Python module does not define the gear's function `gear`: rename its function `geer` to `gear`, or rename the Rust function"
    );
    assert!(matches!(
        module("").findings[0].problem,
        Problem::NoSuchFunction { similar: None, .. }
    ));
}

#[test]
fn other_parameters() {
    for text in [
        "def gear():\n    pass\n",
        "def gear(uri):\n    pass\n",
        "def gear(url, x=1):\n    pass\n",
    ] {
        let report = module(text);
        assert!(
            matches!(report.findings[0].problem, Problem::OtherParameters { .. }),
            "{text}"
        );
    }
    let text = "def gear(url: str) -> bytes:\n    return url.encode()\n";
    assert_eq!(module(text).findings, []);
}

#[test]
fn a_star_import_switches_names_off() {
    assert_eq!(
        module("from os import *\ndef gear(url):\n    return getcwd()\n").findings,
        []
    );
}

#[test]
fn only_the_function_of_the_gear_must_not_yield() {
    assert_eq!(
        module("def gear(url):\n    return 1\ndef other():\n    yield 1\n").findings,
        []
    );
    assert_eq!(module("def gear(url):\n    yield 1\n").findings.len(), 1);
}
