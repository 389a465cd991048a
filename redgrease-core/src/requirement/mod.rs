//! Python packages that gears ask for.
//!
//! * `specifier`: one of them, in the form of PEP 508. `version`: what can be told about versions without pip.
//! * `file`: requirement files. `list`: several of them, merged, with the place each comes from.

mod file;
mod list;
mod specifier;
mod version;

pub use list::Requirements;
pub use specifier::Specifier;

/// The name of a package as PyPI compares it: lower case, with `-` for any of `-`, `_` and `.`; what follows the name
/// does not count.
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
