//! The names that a package can have.

use crate::failure::Failure;

/// Words of Rust, which cannot name a crate.
#[rustfmt::skip]
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "_",
];

/// Crates that come with Rust, and folders in which cargo builds.
const TAKEN: [&str; 9] = [
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc_macro",
    "std",
    "test",
];

/// The length that crates.io allows.
const LONGEST: usize = 64;

/// Refuses a name that cargo, rustc or crates.io refuse, or that a dependency of the package has.
pub(super) fn check(name: &str, dependencies: &[String]) -> Result<(), Failure> {
    let crate_name = name.replace('-', "_");
    let is = |others: &[&str]| others.contains(&crate_name.as_str());
    let strange = strange(name);
    let reason = if name.is_empty() {
        "it is empty"
    } else if !strange.is_empty() {
        &format!(
            "it contains {strange}, and only small letters from a to z, digits, `-` and `_` are allowed"
        )
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "it must begin with a small letter from a to z"
    } else if name.len() > LONGEST {
        "it has more than 64 characters"
    } else if is(&KEYWORDS) {
        "it is a word of Rust"
    } else if is(&TAKEN) {
        "Rust or cargo use it themselves"
    } else if crate_name == "redgrease"
        || crate_name.starts_with("redgrease_")
        || dependencies
            .iter()
            .any(|dependency| dependency.replace('-', "_") == crate_name)
    {
        "a dependency has this name"
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!(
        "a package cannot have the name `{name}`: {reason}; choose another name with `--name`"
    )))
}

/// The characters of a name that no package can have, each of them one time.
fn strange(name: &str) -> String {
    let mut found: Vec<String> = Vec::new();
    for c in name.chars() {
        let shown = format!("`{}`", c.escape_debug());
        let is_allowed = c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if !is_allowed && !found.contains(&shown) {
            found.push(shown);
        }
    }
    found.join(", ")
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_that_do_not_build_are_refused() {
        let dependencies = ["serde_json".to_owned(), "tokio".to_owned()];
        for (name, reason) in [
            ("", "empty"),
            ("7up", "begin with a small letter"),
            ("-x", "begin with a small letter"),
            ("_", "begin with a small letter"),
            ("MyApp", "contains `M`, `A`, and"),
            ("myApp", "contains `A`, and"),
            ("my app", "contains ` `, and"),
            ("my.app.rs", "contains `.`, and"),
            ("Grüße", "contains `G`, `ü`, `ß`, and"),
            ("1ü", "contains `ü`, and"),
            ("a\tb", "contains `\\t`, and"),
            ("fn", "word of Rust"),
            ("gen", "word of Rust"),
            ("test", "Rust or cargo"),
            ("proc-macro", "Rust or cargo"),
            ("deps", "Rust or cargo"),
            ("redgrease", "a dependency"),
            ("redgrease-core", "a dependency"),
            ("tokio", "a dependency"),
            ("serde-json", "a dependency"),
            (&"a".repeat(65), "64"),
        ] {
            let said = check(name, &dependencies).unwrap_err().to_string();
            assert!(
                said.contains(reason) && said.ends_with("`--name`"),
                "{said}"
            );
        }
    }

    #[test]
    fn other_names_are_allowed() {
        for name in ["a", "my-app", "my_app2", "web", "gear", "redgreased", "fn2"] {
            check(name, &[]).unwrap();
        }
    }
}
