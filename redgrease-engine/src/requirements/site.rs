//! The packages in a `site-packages` directory, read from their `.dist-info` directories.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::name::normalize;

/// The versions of the installed projects by normalised name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Site(HashMap<String, String>);

impl Site {
    /// Reads a `site-packages` directory. A missing directory counts as empty.
    pub(super) fn read(directory: &Path) -> Self {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        Self(
            entries
                .filter_map(|entry| {
                    let name = entry.file_name();
                    let (name, version) =
                        name.to_str()?.strip_suffix(".dist-info")?.split_once('-')?;
                    Some((normalize(name), version.to_owned()))
                })
                .collect(),
        )
    }

    /// The installed version of a project, which is given by its normalised name.
    pub(super) fn version(&self, project: &str) -> Option<&str> {
        self.0.get(project).map(String::as_str)
    }
}

/// The normalised project name in the file name of a wheel. `None` for any other file name.
pub(super) fn project_of_wheel(file: &str) -> Option<String> {
    file.strip_suffix(".whl")?
        .split_once('-')
        .map(|(name, _)| normalize(name))
}
