//! The name of the session in `[package.metadata.redgrease]`.

use crate::manifest::Manifest;

const KEY: &str = "session";

/// The most characters of a name. Errors and listings show it, and the server keeps it with every registration.
const MOST: usize = 100;

/// The name that the manifest gives to the session, if it gives one.
///
/// # Errors
/// The message for the user, if the name cannot be used.
pub(crate) fn session_name(manifest: &Manifest) -> Result<Option<&str>, String> {
    if manifest.is_no_text(KEY) {
        return Err(message("is no text", "write `session = \"name\"`"));
    }
    let Some(name) = manifest.metadata(KEY) else {
        return Ok(None);
    };
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() {
        Err(message("is empty", "give it a name, or remove the line"))
    } else if !name.bytes().all(is_part) {
        let what = format!("cannot be {name:?}");
        Err(message(&what, "use ASCII letters, digits, `-` and `_`"))
    } else if name.len() > MOST {
        let what = format!("has {} characters", name.len());
        Err(message(&what, &format!("use at most {MOST}")))
    } else {
        Ok(Some(name))
    }
}

fn message(what: &str, remedy: &str) -> String {
    format!("`{KEY}` of `[package.metadata.redgrease]` in Cargo.toml {what}: {remedy}")
}

#[cfg(test)]
mod tests {
    use super::session_name;
    use crate::manifest::Manifest;
    use std::path::Path;

    fn name(value: &str) -> Result<Option<String>, String> {
        let text = format!("[package.metadata.redgrease]\nsession = {value}");
        let manifest =
            Manifest::parse(Path::new("/nowhere/Cargo.toml"), &text).expect("a manifest");
        session_name(&manifest).map(|name| name.map(str::to_owned))
    }

    #[test]
    fn names_of_letters_digits_and_dashes_are_taken() {
        let longest = format!("'{}'", "x".repeat(100));
        for good in ["'shop'", "\"Team-2_x\"", "'-'", &longest] {
            let expected = good.trim_matches(['\'', '"']);
            assert_eq!(
                name(good).as_ref().map(Option::as_deref),
                Ok(Some(expected))
            );
        }
    }

    #[test]
    fn a_manifest_without_a_name_has_none() {
        for text in [
            "",
            "[package]\nname = 'x'",
            "[package.metadata.redgrease]\ncrate = 'a'",
        ] {
            let manifest =
                Manifest::parse(Path::new("/nowhere/Cargo.toml"), text).expect("a manifest");
            assert_eq!(session_name(&manifest), Ok(None));
        }
    }

    #[test]
    fn other_values_are_refused_with_the_reason() {
        let long = format!("'{}'", "x".repeat(101));
        for (value, reason) in [
            ("3", "is no text"),
            ("true", "is no text"),
            ("['a']", "is no text"),
            ("{ name = 'a' }", "is no text"),
            ("''", "is empty"),
            ("' '", "cannot be \" \""),
            ("'a b'", "cannot be \"a b\""),
            ("'a:b'", "cannot be"),
            ("'a/b'", "cannot be"),
            ("'é'", "cannot be"),
            ("\"a\\u0000\"", "cannot be \"a\\0\""),
            ("\"a\\n\"", "cannot be \"a\\n\""),
            (&long, "has 101 characters"),
        ] {
            let error = name(value).expect_err(value);
            assert!(error.contains(reason), "{value}: {error}");
            assert!(error.starts_with("`session` of "), "{value}: {error}");
        }
    }
}
