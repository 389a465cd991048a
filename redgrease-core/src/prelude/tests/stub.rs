//! The stub file for editors names everything that a gear can import.

use crate::prelude::Part;

/// The methods of `cmd` with their parameters, which the tests of the workspace compare with the engine.
const METHODS: &str = include_str!("../../../../redgrease-syntax/src/commands/methods.txt");

#[test]
fn the_stub_file_has_the_methods_of_cmd() {
    let stub = include_str!("../../../../book/src/redgrease.pyi");
    let (_, class) = stub.split_once("class _Commands:").unwrap();
    let declared: Vec<String> = class
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with(' '))
        .filter_map(|line| line.trim().strip_prefix("def "))
        .map(|line| {
            line.split(") -> ")
                .next()
                .unwrap()
                .replace("(self, ", "(")
                .replace("(self", "(")
        })
        .map(|line| format!("{line})"))
        .collect();
    let methods: Vec<&str> = METHODS
        .lines()
        .filter(|line| !line.starts_with(['#', '!']))
        .collect();
    assert!(methods.len() > 200);
    assert_eq!(declared, methods);
}

#[test]
fn the_stub_file_has_the_names_of_the_module() {
    let stub = include_str!("../../../../book/src/redgrease.pyi");
    let mut declared: Vec<&str> = stub
        .lines()
        .filter(|line| !line.starts_with([' ', '#', '"']))
        .filter_map(|line| {
            let name = line
                .strip_prefix("def ")
                .or_else(|| line.strip_prefix("class "))
                .or_else(|| line.split_once(": _Commands").map(|(name, _)| name))
                .or_else(|| line.split_once(" = ").map(|(name, _)| name))?;
            name.split(['(', ':']).next()
        })
        .filter(|name| !name.starts_with('_'))
        .collect();
    let shim = Part::Shim.source();
    let table = &shim[shim.find("for name, value in (").unwrap()..];
    let mut imported: Vec<&str> = table
        .split("('")
        .skip(1)
        .filter_map(|rest| rest.split('\'').next())
        .collect();
    declared.sort_unstable();
    imported.sort_unstable();
    assert!(!imported.is_empty());
    assert_eq!(declared, imported);
}
