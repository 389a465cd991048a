//! Python packages that gears require.
//!
//! * `specifier`: one requirement in the syntax of PEP 508. `version`: comparison of versions without pip.
//! * `file`: requirement files. `list`: a merged list of requirements, with the origin of each.

mod file;
mod list;
mod specifier;
mod version;

pub use list::Requirements;
pub use specifier::Specifier;

/// The normalized name of a package: lower case, with one `-` for each run of `-`, `_` and `.`. Everything after the name
/// (extras, versions) is ignored.
///
/// ```
/// use redgrease_core::normalized_name;
///
/// assert_eq!(normalized_name("Foo__Bar[extra]>=1.0"), "foo-bar");
/// ```
pub fn normalized_name(requirement: &str) -> String {
    let mut name = String::new();
    for c in requirement.trim_start().chars() {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            'A'..='Z' => name.push(c.to_ascii_lowercase()),
            '-' | '_' | '.' if !name.ends_with('-') => name.push('-'),
            '-' | '_' | '.' => {}
            _ => break,
        }
    }
    name
}

#[cfg(test)]
mod tests;
