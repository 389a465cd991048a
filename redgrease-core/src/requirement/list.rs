//! Several requirements, each package once.

use super::specifier::{Specifier, without_password};
use super::{file, normalized_name};
use crate::error::{Error, Result};
use std::fmt;
use std::path::Path;

/// Python packages that are asked for together. What is asked for twice is merged; demands that exclude each other are
/// an error that names both places.
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

/// A package and who asks for it.
#[derive(Debug, Clone)]
struct Package {
    merged: Specifier,
    /// As it was written, as long as it was written in one way only.
    written: Option<String>,
    /// Each way it was asked for, with the place.
    asked: Vec<(Specifier, String)>,
}

impl Requirements {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of a requirement file, with those of the files it names with `-r`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, a line is no requirement (an option for pip, such as `-c` or `--index-url`, is
    /// none: the server's pip has its own configuration), or two lines exclude each other. Errors name file and line.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let mut requirements = Self::new();
        requirements.add_file(path)?;
        Ok(requirements)
    }

    /// Adds those of a requirement file.
    ///
    /// # Errors
    ///
    /// Those of [`from_file`](Self::from_file).
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<()> {
        for (requirement, place) in file::read(path.as_ref())? {
            self.add(&requirement, place)?;
        }
        Ok(())
    }

    /// Adds one; `place` says where it was written, for errors.
    ///
    /// # Errors
    ///
    /// When it is no requirement, or excludes one that is there already.
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
                asked: vec![(specifier, place)],
            });
            self.packages.sort_by(|a, b| {
                (&a.merged.name, &a.merged.marker).cmp(&(&b.merged.name, &b.merged.marker))
            });
            return Ok(());
        };
        if let Some((other, elsewhere)) = package.asked.iter().find(|(o, _)| exclude(o, &specifier))
        {
            return Err(Error::config(format!(
                "`{}` ({elsewhere}) and `{}` ({place}) cannot be installed together: gears of one server share its \
                 packages",
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
        package.asked.push((specifier, place));
        Ok(())
    }

    /// The packages, sorted by their names.
    pub fn iter(&self) -> impl Iterator<Item = &Specifier> {
        self.packages.iter().map(|package| &package.merged)
    }

    /// What is sent to the server for each package: as it was written, or what several demands came to.
    pub fn to_strings(&self) -> Vec<String> {
        self.packages
            .iter()
            .map(|p| p.written.clone().unwrap_or_else(|| p.merged.to_string()))
            .collect()
    }

    /// Whether a package is among them, however its name is spelled.
    pub fn contains(&self, name: &str) -> bool {
        let name = normalized_name(name);
        self.packages
            .iter()
            .any(|package| package.merged.name == name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// The requirements that no installed package meets, as far as names and versions tell. `installed` are the names
    /// under which a server lists its packages.
    pub(crate) fn unmet(&self, installed: &[&str]) -> Vec<String> {
        self.packages
            .iter()
            .zip(self.to_strings())
            .filter(|(package, text)| {
                !installed
                    .iter()
                    .any(|name| name == text || meets(name, &package.merged))
            })
            .map(|(_, text)| text)
            .collect()
    }
}

/// Whether what is installed under a name is what is asked for.
fn meets(installed: &str, wanted: &Specifier) -> bool {
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

/// Whether nothing can meet both.
fn exclude(a: &Specifier, b: &Specifier) -> bool {
    let urls_differ = matches!((&a.url, &b.url), (Some(a), Some(b)) if a != b);
    let pinned_and_url =
        (a.url.is_some() && b.pinned().is_some()) || (b.url.is_some() && a.pinned().is_some());
    urls_differ
        || pinned_and_url
        || a.versions
            .iter()
            .any(|x| b.versions.iter().any(|y| x.excludes(y)))
}

/// As on one line of a shell.
impl fmt::Display for Requirements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_strings().join(" "))
    }
}

/// The texts, for the options of commands.
impl IntoIterator for &Requirements {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.to_strings().into_iter()
    }
}
