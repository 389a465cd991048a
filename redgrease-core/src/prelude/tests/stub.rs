//! The stub file for editors names everything that a gear can import.

use crate::prelude::Part;

#[test]
fn the_stub_file_has_the_names_of_the_module() {
    let stub = include_str!("../../../../docs/redgrease.pyi");
    let mut declared: Vec<&str> = stub
        .lines()
        .filter(|line| !line.starts_with([' ', '#', '"']))
        .filter_map(|line| {
            let name = line
                .strip_prefix("def ")
                .or_else(|| line.strip_prefix("class "))
                .or_else(|| line.split_once(": redis.Redis").map(|(name, _)| name))
                .or_else(|| line.split_once(" = ").map(|(name, _)| name))?;
            name.split(['(', ':']).next()
        })
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
