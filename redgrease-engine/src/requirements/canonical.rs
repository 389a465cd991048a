//! Compares requirements: `Six == 1.17` and `six==1.17.0` are the same one.

use super::name::{normalize, project};
use pep440_rs::{Operator, VersionSpecifier};
use std::collections::BTreeSet;
use std::str::FromStr;

/// The text by which a requirement is compared: `Num_Py [B, a] >= 1.0` and `num-py[a,b]>=1` are the same requirement. The
/// sources of the rules are PEP 508, PEP 503 for names and PEP 440 for versions. Addresses and paths stay as they are.
pub(crate) fn canonical(requirement: &str) -> String {
    let text = requirement.trim();
    let Some(project) = project(text) else {
        return text.to_owned();
    };
    let is_part_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let rest = text.trim_start_matches(is_part_of_name);
    let end = rest.find(['@', ';']).unwrap_or(rest.len());
    let (compact, tail) = rest.split_at(end);
    let compact: String = compact.chars().filter(|c| !c.is_whitespace()).collect();
    let (extras, versions) = match compact.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((extras, versions)) => (items(extras, normalize), versions),
        None => (String::new(), compact.as_str()),
    };
    let versions = versions
        .strip_prefix('(')
        .map_or(versions, |it| it.trim_end_matches(')'));
    let extras = if extras.is_empty() {
        extras
    } else {
        format!("[{extras}]")
    };
    let versions = items(versions, version);
    let tail = match tail.strip_prefix('@') {
        Some(address) => format!("@{}", address.trim()),
        None => marker(tail),
    };
    format!("{project}{extras}{versions}{tail}")
}

/// The items of a list with commas, each once and sorted.
fn items(list: &str, one: impl Fn(&str) -> String) -> String {
    let items = list.split(',').filter(|item| !item.is_empty());
    let items: BTreeSet<String> = items.map(one).collect();
    Vec::from_iter(items).join(",")
}

/// One condition on the version. Any other text stays as it is.
fn version(text: &str) -> String {
    let Ok(specifier) = VersionSpecifier::from_str(text) else {
        return text.to_owned();
    };
    let (operator, version) = specifier.into_parts();
    if matches!(
        operator,
        Operator::TildeEqual | Operator::EqualStar | Operator::NotEqualStar | Operator::ExactEqual
    ) {
        // The number of digits counts.
        return VersionSpecifier::from_version(operator, version)
            .map_or_else(|_| text.to_owned(), |specifier| specifier.to_string());
    }
    let release = version.release();
    let significant = release.iter().rposition(|number| *number != 0);
    let release = release[..significant.map_or(1, |last| last + 1)].to_vec();
    format!("{operator}{}", version.with_release(release))
}

/// A condition on the machine, without the spaces that mean nothing.
fn marker(text: &str) -> String {
    let mut marker = String::with_capacity(text.len());
    let mut quote = None;
    let mut is_apart = false;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    for c in text.chars() {
        match quote {
            Some(open) => {
                if c == open {
                    quote = None;
                }
            }
            None if c.is_whitespace() => {
                is_apart = true;
                continue;
            }
            None => {
                if is_apart && is_word(c) && marker.ends_with(is_word) {
                    marker.push(' ');
                }
                is_apart = false;
                quote = matches!(c, '\'' | '"').then_some(c);
            }
        }
        marker.push(c);
    }
    // Either quotation mark means the same.
    if marker.contains('"') {
        marker
    } else {
        marker.replace('\'', "\"")
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn spellings_of_one_requirement_are_compared_as_one() {
        for (text, expected) in [
            ("NumPy", "numpy"),
            (" num_py ", "num-py"),
            ("num.py == 1.0", "num-py==1"),
            ("a<2, >=1", "a<2,>=1"),
            ("a >=1,<2", "a<2,>=1"),
            ("a (>=1)", "a>=1"),
            ("a>=1,>=1.0", "a>=1"),
            ("A[C_d, b]~=1.0", "a[b,c-d]~=1.0"),
            ("A[b,B]", "a[b]"),
            ("a[]", "a"),
            ("A ; python_version > '3'", "a;python_version>\"3\""),
            ("a;python_version>\"3\"", "a;python_version>\"3\""),
            (
                "a; 'x y'  in  os_name and a<'1'",
                "a;\"x y\"in os_name and a<\"1\"",
            ),
            ("A @ https://x/Y", "a@https://x/Y"),
            ("A@https://x/Y_1.0", "a@https://x/Y_1.0"),
            ("./Folder==1.0", "./Folder==1.0"),
            ("https://x/Y_z-1.0.whl", "https://x/Y_z-1.0.whl"),
            (
                "/srv/Six-1.0-py3-none-any.whl",
                "/srv/Six-1.0-py3-none-any.whl",
            ),
            ("Six-1.0-py3-none-any.whl", "Six-1.0-py3-none-any.whl"),
            ("git+https://x/Y@v1.0", "git+https://x/Y@v1.0"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
            assert_eq!(canonical(&canonical(text)), expected, "{text}");
        }
    }

    #[test]
    fn spellings_of_one_version_are_compared_as_one() {
        for same in [
            &[
                "six==1.17",
                "Six == 1.17.0",
                "six==v1.17",
                "SIX==1.17.0.0",
                "six==0!1.17",
                "six (==01.17)",
            ][..],
            &["a==1.0a1", "a==1.0.ALPHA.1", "a==1alpha1", "a==1.0.0-a1"],
            &["a==1rc1", "a==1.0c1", "a==1.0-pre1", "a==1.0_preview_1"],
            &["a==1.post2", "a==1.0-2", "a==1.0rev2", "a==1.0.post2"],
            &["a==1.dev0", "a==1.0.dev", "a==1DEV0"],
            &["a==1+Local.1", "a==1.0+local-1", "a==1.0+LOCAL_1"],
            &["a!=0", "a!=0.0"],
            &["a==1.17.*", "a == 1.17.* ", "A==01.17.*"],
            &[
                "a>=1.0,!=1.5.0,<2.0",
                "a<2,>=1,!=1.5",
                "a != 1.5, < 2.0.0, >= 1",
            ],
            &["a~=1.0rc1", "a~=1.0RC1"],
        ] {
            for text in same {
                assert_eq!(canonical(text), canonical(same[0]), "{text}");
            }
        }
    }

    #[test]
    fn different_requirements_stay_different() {
        for (one, other) in [
            ("a[b]", "a"),
            ("a==1.0", "a==1.0.1"),
            ("a==10", "a==1"),
            ("a==1.0", "a===1.0"),
            ("a~=1.4", "a~=1.4.0"),
            ("a==1.17.*", "a==1.17"),
            ("a==1.17.*", "a==1.17.0.*"),
            ("a==1", "a==1!1"),
            ("a==1", "a==1.post0"),
            ("a==1+x", "a==1"),
            ("a>1", "a>=1"),
            ("a==1;os_name=='x'", "a==1"),
            ("a;os_name=='x y'", "a;os_name=='xy'"),
            ("a @ https://x/a-1.0.whl", "a @ https://x/a-1.whl"),
            ("./a-1.0.whl", "./a-1.whl"),
        ] {
            assert_ne!(canonical(one), canonical(other), "{one} {other}");
        }
    }
}
