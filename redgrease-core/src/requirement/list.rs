//! [`Requirements`]: a merged list of requirements.

use super::specifier::{Specifier, without_password};
use super::{file, normalized_name};
use crate::error::{Error, Result};
use std::fmt;
use std::path::Path;

/// A list of Python packages that are installed together. Several requirements for a package are merged; requirements
/// that exclude each other are an error that names the origin of both.
///
/// ```
/// use redgrease_core::Requirements;
///
/// let mut wanted = Requirements::new();
/// wanted.add("requests>=2.30", "the gear `cache_get`")?;
/// wanted.add("Requests[socks]", "the gear `mirror`")?;
/// assert_eq!(wanted.to_string(), "requests[socks]>=2.30");
/// let error = wanted.add("requests==1.0", "requirements.txt:3").unwrap_err();
/// assert!(error.to_string().contains("`requests>=2.30` (the gear `cache_get`)"));
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Requirements {
    packages: Vec<Package>,
}

/// A package and the requirements for it.
#[derive(Debug, Clone)]
struct Package {
    merged: Specifier,
    /// The text of the requirement, if all requirements for the package have the same text.
    written: Option<String>,
    /// All requirements for the package, each with its origin.
    requirements: Vec<(Specifier, String)>,
}

impl Requirements {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a requirement file and the files that it includes with `-r`.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, a line is not a requirement, or two lines exclude each other. Errors name file and line.
    /// Options for pip, such as `-c` or `--index-url`, are errors: the server's pip has its own configuration.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let mut requirements = Self::new();
        requirements.add_file(path)?;
        Ok(requirements)
    }

    /// Adds the requirements of a file.
    ///
    /// # Errors
    ///
    /// The same as [`from_file`](Self::from_file).
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<()> {
        for (requirement, place) in file::read(path.as_ref())? {
            self.add(&requirement, place)?;
        }
        Ok(())
    }

    /// Adds a requirement. `place` is its origin, for error messages.
    ///
    /// # Errors
    ///
    /// If `requirement` is not a valid requirement, or excludes a requirement in the list.
    pub fn add(&mut self, requirement: &str, place: impl Into<String>) -> Result<()> {
        let place = place.into();
        let specifier: Specifier = requirement
            .parse()
            .map_err(|e: Error| Error::config(format!("{place}: {e}")))?;
        let same = |package: &&mut Package| {
            package.merged.name == specifier.name && package.merged.marker == specifier.marker
        };
        let Some(package) = self.packages.iter_mut().find(same) else {
            self.packages.push(Package {
                merged: specifier.clone(),
                written: Some(requirement.trim().to_owned()),
                requirements: vec![(specifier, place)],
            });
            self.packages.sort_by(|a, b| {
                (&a.merged.name, &a.merged.marker).cmp(&(&b.merged.name, &b.merged.marker))
            });
            return Ok(());
        };
        if let Some((other, elsewhere)) = package
            .requirements
            .iter()
            .find(|(o, _)| are_exclusive(o, &specifier))
        {
            return Err(Error::config(format!(
                "`{}` ({elsewhere}) and `{}` ({place}) cannot be installed together: all gears of a server share its \
                 packages, so change one of the two",
                without_password(&other.to_string()),
                without_password(&specifier.to_string())
            )));
        }
        if package.written.as_deref() != Some(requirement.trim()) {
            package.written = None;
        }
        package
            .merged
            .extras
            .extend(specifier.extras.iter().cloned());
        for clause in &specifier.versions {
            if !package.merged.versions.contains(clause) {
                package.merged.versions.push(clause.clone());
            }
        }
        if package.merged.url.is_none() {
            package.merged.url.clone_from(&specifier.url);
        }
        package.requirements.push((specifier, place));
        Ok(())
    }

    /// The packages, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Specifier> {
        self.packages.iter().map(|package| &package.merged)
    }

    /// The requirement of each package that is sent to the server: the original text, or the merged requirement if there
    /// were several.
    pub fn to_strings(&self) -> Vec<String> {
        self.packages
            .iter()
            .map(|p| p.written.clone().unwrap_or_else(|| p.merged.to_string()))
            .collect()
    }

    /// Whether the list contains a package. Names are compared in normalized form.
    pub fn contains(&self, name: &str) -> bool {
        let name = normalized_name(name);
        self.packages
            .iter()
            .any(|package| package.merged.name == name)
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// The requirements that no installed package satisfies, judged by names and versions. `installed` are requirements
    /// too, as a server lists its packages.
    pub(crate) fn unsatisfied(&self, installed: &[&str]) -> Vec<String> {
        let is_installed = |package: &Package, text: &String| {
            installed
                .iter()
                .any(|candidate| candidate == text || satisfies(candidate, &package.merged))
        };
        self.packages
            .iter()
            .zip(self.to_strings())
            .filter(|(package, text)| !is_installed(package, text))
            .map(|(_, text)| text)
            .collect()
    }
}

/// Whether an installed package, given by its requirement, satisfies another requirement.
fn satisfies(installed: &str, wanted: &Specifier) -> bool {
    let Ok(installed) = installed.parse::<Specifier>() else {
        return false;
    };
    let is_same = installed.name == wanted.name
        && installed.url == wanted.url
        && wanted.extras.is_subset(&installed.extras);
    match installed.pinned() {
        Some(version) => {
            is_same
                && wanted
                    .versions
                    .iter()
                    .all(|c| c.admits(version) == Some(true))
        }
        None => {
            is_same
                && wanted
                    .versions
                    .iter()
                    .all(|c| installed.versions.contains(c))
        }
    }
}

/// Whether no package satisfies both requirements.
fn are_exclusive(a: &Specifier, b: &Specifier) -> bool {
    let urls_differ = matches!((&a.url, &b.url), (Some(a), Some(b)) if a != b);
    let pinned_and_url =
        (a.url.is_some() && b.pinned().is_some()) || (b.url.is_some() && a.pinned().is_some());
    urls_differ
        || pinned_and_url
        || a.versions
            .iter()
            .any(|x| b.versions.iter().any(|y| x.excludes(y)))
}

/// Prints all requirements on one line, separated by spaces.
impl fmt::Display for Requirements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_strings().join(" "))
    }
}

/// Iterates over [`to_strings`](Requirements::to_strings), for the options of commands.
impl IntoIterator for &Requirements {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.to_strings().into_iter()
    }
}
