//! Reads pip's configuration as pip does: its files, its environment variables.
//!
//! pip itself needs no reader. uv does not know pip's configuration, so the engine reads it for uv.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that names a file of configuration, and is no option.
const FILE: &str = "PIP_CONFIG_FILE";
/// The value of [`FILE`] with which pip reads no file.
const NO_FILE: &str = "/dev/null";

/// Names and values of options for one command of pip, such as `install`. A later source of configuration replaces the value
/// of an earlier one.
pub(in crate::requirements) fn configured(
    command: &str,
    environment: &Path,
) -> Vec<(String, String)> {
    let variables = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.into_string().ok()?))
    });
    let texts = files(environment)
        .into_iter()
        .filter_map(|file| fs::read(file).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    merged(command, texts, variables)
}

fn merged(
    command: &str,
    files: impl Iterator<Item = String>,
    variables: impl Iterator<Item = (String, String)>,
) -> Vec<(String, String)> {
    let (mut global, mut special) = (BTreeMap::new(), BTreeMap::new());
    for text in files {
        for (section, name, value) in entries(&text) {
            if section == "global" {
                global.insert(name, value);
            } else if section == command {
                special.insert(name, value);
            }
        }
    }
    global.extend(special);
    for (name, value) in variables {
        if let Some(option) = name.strip_prefix("PIP_")
            && name != FILE
            && !value.is_empty()
        {
            global.insert(normal(option), value);
        }
    }
    global.retain(|_, value| !value.is_empty());
    global.into_iter().collect()
}

/// The files of pip's configuration, in the order in which they count.
fn files(environment: &Path) -> Vec<PathBuf> {
    let of = |name: &str| env::var_os(name).filter(|it| !it.is_empty());
    let own = of(FILE).map(PathBuf::from);
    if own.as_deref() == Some(Path::new(NO_FILE)) {
        return Vec::new();
    }
    let system = of("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".into());
    let mut files: Vec<PathBuf> = env::split_paths(&system)
        .map(|folder| folder.join("pip/pip.conf"))
        .collect();
    files.push("/etc/pip.conf".into());
    let own = own.filter(|file| file.exists());
    if own.is_none()
        && let Some(home) = env::home_dir()
    {
        files.push(home.join(".pip/pip.conf"));
        let folder = of("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
        files.push(folder.join("pip/pip.conf"));
    }
    files.push(environment.join("pip.conf"));
    files.extend(own);
    files
}

/// Section, name and value of each line. A line that is indented goes on with the value before it.
fn entries(text: &str) -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut found: Vec<(String, String, String)> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with(['#', ';']) {
            continue;
        }
        if bare.is_empty() {
            continue;
        }
        if line.starts_with(char::is_whitespace) && goes_on {
            if let Some((_, _, value)) = found.last_mut() {
                value.push('\n');
                value.push_str(bare);
            }
        } else if let Some(name) = bare.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
            goes_on = false;
        } else if let Some((name, value)) = bare.split_once(['=', ':']) {
            found.push((section.clone(), normal(name), value.trim().to_owned()));
            goes_on = true;
        }
    }
    for (_, _, value) in &mut found {
        *value = value.trim().to_owned();
    }
    found
}

/// The name of an option as its command line has it, without the leading `--`.
fn normal(name: &str) -> String {
    name.trim().to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(command: &str, files: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|&text| text.to_owned());
        let variables = variables
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let found = merged(command, files, variables);
        found
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    #[test]
    fn sections_of_other_commands_do_not_count() {
        let file =
            "[global]\nindex-url = https://a/simple\n[wheel]\npre = true\n[list]\nformat = x\n";
        assert_eq!(
            read("wheel", &[file], &[]),
            ["index-url=https://a/simple", "pre=true"]
        );
        assert_eq!(
            read("install", &[file], &[]),
            ["index-url=https://a/simple"]
        );
    }

    #[test]
    fn a_later_file_a_section_and_a_variable_replace_a_value() {
        let first = "[install]\ntimeout = 5\n[global]\ntimeout = 1\nproxy = a\n";
        let second = "[global]\ntimeout = 2\nproxy: b\n";
        assert_eq!(
            read("install", &[first, second], &[]),
            ["proxy=b", "timeout=5"]
        );
        let variables = [
            ("PIP_TIMEOUT", "9"),
            ("PIP_PROXY", ""),
            ("PIP_CONFIG_FILE", "/x"),
            ("PIPX", "1"),
        ];
        assert_eq!(
            read("install", &[first, second], &variables),
            ["proxy=b", "timeout=9"]
        );
    }

    #[test]
    fn values_may_have_several_lines_and_comments() {
        let file = "# a\n[global]\nExtra_Index_URL =\n    https://a\n    ; not this\n    https://b#c\nno-index =\n\nwrong\n";
        assert_eq!(
            read("wheel", &[file], &[]),
            ["extra-index-url=https://a\nhttps://b#c"]
        );
    }
}
