//! The files: which there are, and what is in them.

use super::identity::hash;
use super::patterns::Kind;
use super::settings::Settings;
use crate::failure::Failure;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Component, Path, PathBuf};

/// The paths that were given.
pub(super) struct Roots {
    all: Vec<Root>,
    is_recursive: bool,
    project: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Root {
    /// As it was given, for messages.
    given: PathBuf,
    absolute: PathBuf,
    is_dir: bool,
}

/// A script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    /// Its path as a person knows it.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) hash: String,
    pub(super) is_unblocking: bool,
}

/// What the paths contain at the moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The scripts, by their path in the index.
    pub(super) scripts: BTreeMap<String, Script>,
    pub(super) requirements: BTreeSet<PathBuf>,
    /// Files and directories that cannot be read, with the reason, by their name. Their scripts stay as they are.
    pub(super) faults: BTreeMap<String, String>,
    /// Scripts without text, by their name. What the server has of them stays.
    pub(super) empty: BTreeSet<String>,
    /// The paths in the index of what cannot be read.
    unread: BTreeSet<String>,
    /// The directories that were given and are gone.
    pub(super) gone: Vec<PathBuf>,
    /// What was given and is left out, because a pattern says so.
    pub(super) left_out: Vec<PathBuf>,
}

impl Found {
    /// Leaves the scripts out that were others in another reading: the server keeps what it has of them.
    pub(super) fn leave_out_what_differs(&mut self, other: &Found) {
        let paths = self.scripts.keys().chain(other.scripts.keys());
        let differ: Vec<String> = paths
            .filter(|path| self.scripts.get(*path) != other.scripts.get(*path))
            .cloned()
            .collect();
        for path in differ {
            self.scripts.remove(&path);
            self.unread.insert(path);
        }
    }
}

impl Roots {
    pub(super) fn new(paths: &[PathBuf], settings: &Settings) -> Result<Self, Failure> {
        let roots = paths.iter().map(|path| Root::new(path));
        Ok(Roots {
            all: roots.collect::<Result<_, _>>()?,
            is_recursive: settings.is_recursive,
            project: settings.project.clone(),
        })
    }

    pub(super) fn is_recursive(&self) -> bool {
        self.is_recursive
    }

    /// The directories to watch: those that were given, and those of the files that were given.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Root> {
        self.all.iter()
    }

    /// Reads all files.
    pub(super) fn scan(&self, settings: &Settings) -> Found {
        let mut found = Found::default();
        for root in &self.all {
            let mut walk = Walk {
                roots: self,
                root,
                settings,
                found: &mut found,
                seen: HashSet::new(),
            };
            if !root.is_dir {
                walk.given_file();
            } else if root.absolute.is_dir() {
                walk.directory(&root.absolute, Path::new(""));
            } else {
                found.gone.push(root.given.clone());
            }
        }
        found
    }

    /// Whether a path of the index belongs to these paths, so that its script is removed if it is in none of their files.
    pub(super) fn contain(&self, path: &str, found: &Found) -> bool {
        let is_unread = found.unread.iter().any(|unread| {
            path.strip_prefix(unread.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        if is_unread {
            return false;
        }
        if let Some(project) = &self.project {
            let below = path
                .strip_prefix('/')
                .and_then(|it| it.strip_prefix(project.as_str()));
            let below = below.and_then(|it| it.strip_prefix('/'));
            let is_below = below.is_some_and(|below| self.is_recursive || !below.contains('/'));
            let has_dir = self.all.iter().any(|root| root.is_dir);
            let is_file = |root: &Root| !root.is_dir && self.path(root, Path::new("")) == path;
            return found.gone.is_empty() && (has_dir && is_below || self.all.iter().any(is_file));
        }
        self.all.iter().any(|root| {
            let all = root.absolute.to_string_lossy();
            if !root.is_dir {
                return *all == *path;
            }
            let below = path.strip_prefix(all.trim_end_matches('/'));
            let below = below.and_then(|below| below.strip_prefix('/'));
            // A directory that is gone may come back: a disk that is not mounted takes no handler away.
            below.is_some_and(|below| self.is_recursive || !below.contains('/'))
                && !found.gone.contains(&root.given)
        })
    }

    /// Whether the path in the index says which file it is: it is a text.
    fn has_text_path(&self, root: &Root, below: &Path) -> bool {
        let is_whole = self.project.is_none() || !root.is_dir;
        below.to_str().is_some() && (!is_whole || root.absolute.to_str().is_some())
    }

    /// The path in the index of a file below a root.
    fn path(&self, root: &Root, below: &Path) -> String {
        match &self.project {
            None if below.as_os_str().is_empty() => root.absolute.to_string_lossy().into_owned(),
            None => root.absolute.join(below).to_string_lossy().into_owned(),
            Some(project) => {
                let name = if root.is_dir {
                    below
                } else {
                    Path::new(root.absolute.file_name().unwrap_or_default())
                };
                format!("/{project}/{}", name.to_string_lossy())
            }
        }
    }
}

impl Root {
    fn new(given: &Path) -> Result<Self, Failure> {
        let about = |error: std::io::Error| {
            Failure::usage(format!(
                "{} cannot be read: {error}: give the path of a script or of a directory of scripts",
                given.display()
            ))
        };
        let metadata = std::fs::metadata(given).map_err(about)?;
        if !metadata.is_dir() && !metadata.is_file() {
            return Err(Failure::usage(format!(
                "{} is no file: give the path of a script or of a directory of scripts",
                given.display()
            )));
        }
        Ok(Root {
            given: given.to_owned(),
            absolute: without_dots(&std::path::absolute(given).map_err(about)?),
            is_dir: metadata.is_dir(),
        })
    }

    /// The directory in which changes are seen.
    pub(super) fn directory(&self) -> &Path {
        if self.is_dir {
            &self.absolute
        } else {
            self.absolute.parent().unwrap_or(&self.absolute)
        }
    }

    pub(super) fn is_dir(&self) -> bool {
        self.is_dir
    }
}

/// The path without `.` and `..`. Symbolic links stay: what they lead to may change with each release.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// The reading of one root.
struct Walk<'a> {
    roots: &'a Roots,
    root: &'a Root,
    settings: &'a Settings,
    found: &'a mut Found,
    /// The directories on the way, without links: a link may lead back up.
    seen: HashSet<PathBuf>,
}

impl Walk<'_> {
    fn given_file(&mut self) {
        let name = self.root.absolute.file_name().map(PathBuf::from);
        match self
            .settings
            .patterns
            .kind_of_given(&name.unwrap_or_default())
        {
            Some(kind) => self.file(kind, &self.root.absolute, Path::new("")),
            None => self.found.left_out.push(self.root.given.clone()),
        }
    }

    fn directory(&mut self, directory: &Path, below: &Path) {
        let real = directory
            .canonicalize()
            .unwrap_or_else(|_| directory.to_owned());
        if !self.seen.insert(real) {
            return;
        }
        let entries = std::fs::read_dir(directory);
        let entries = entries.and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.fault(below, &error),
        };
        for entry in entries {
            let path = entry.path();
            let below = below.join(entry.file_name());
            if self.settings.patterns.is_ignored(&below) {
                continue;
            }
            // Links are followed. A file that is gone by now is no file.
            match std::fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {
                    if self.roots.is_recursive {
                        self.directory(&path, &below);
                    }
                }
                Ok(_) => {
                    if let Some(kind) = self.settings.patterns.kind(&below) {
                        self.file(kind, &path, &below);
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => self.fault(&below, &error),
            }
        }
    }

    fn file(&mut self, kind: Kind, file: &Path, below: &Path) {
        // A pipe would be waited for, and a device may have no end.
        match std::fs::metadata(file) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => {
                return self.problem(
                    below,
                    "it is no file, but a pipe, a socket or a device: give it another name"
                        .to_owned(),
                );
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.fault(below, &error),
        }
        if kind == Kind::Requirements {
            self.found.requirements.insert(file.to_owned());
            return;
        }
        if !self.roots.has_text_path(self.root, below) {
            return self.problem(
                below,
                "its path is not UTF-8, and servers know scripts by their paths: rename it"
                    .to_owned(),
            );
        }
        let path = self.roots.path(self.root, below);
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.fault(below, &error),
        };
        let name = self.name(below);
        let Ok(text) = String::from_utf8(bytes) else {
            return self.problem(
                below,
                "it is not UTF-8: save it in this encoding".to_owned(),
            );
        };
        if text.trim().is_empty() {
            // An editor may be about to write it.
            self.found.unread.insert(path);
            self.found.empty.insert(name);
            return;
        }
        // An editor of Windows may have written a mark, which Python refuses.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        let script = Script {
            hash: hash(&text),
            is_unblocking: self
                .settings
                .patterns
                .is_unblocking(&file.to_string_lossy()),
            name,
            text,
        };
        if let Some(other) = self.found.scripts.get(&path)
            && other.text != script.text
        {
            let problem = format!(
                "{} has the same name in the project: rename one of them, or give one directory",
                other.name
            );
            self.found.faults.insert(script.name, problem);
            return;
        }
        self.found.scripts.entry(path).or_insert(script);
    }

    fn fault(&mut self, below: &Path, error: &std::io::Error) {
        self.problem(
            below,
            format!("it cannot be read: {error}: look at its rights"),
        );
    }

    fn problem(&mut self, below: &Path, problem: String) {
        self.found.unread.insert(self.roots.path(self.root, below));
        self.found.faults.insert(self.name(below), problem);
    }

    fn name(&self, below: &Path) -> String {
        let path = if below.as_os_str().is_empty() {
            self.root.given.clone()
        } else if self.root.given == Path::new(".") {
            below.to_owned()
        } else {
            self.root.given.join(below)
        };
        path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_paths_are_taken_away() {
        let clean = |path: &str| without_dots(Path::new(path));
        assert_eq!(clean("/a/./b/../c"), Path::new("/a/c"));
        assert_eq!(clean("/../a"), Path::new("/a"));
        assert_eq!(clean("/a/b/"), Path::new("/a/b"));
    }
}
