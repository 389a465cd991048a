//! The kept wheels: one folder per requirement, with a record in it.
//!
//! Each requirement keeps its own wheels, because a reply lists them and because another server can
//! install the requirement from them. The record names the projects that the requirement installed.
//! Compared with the packages in the environment, it shows whether the requirement is still
//! installed, even if another server changed the environment.

use std::collections::{BTreeSet, HashMap};
use std::env::consts::ARCH;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::canonical::canonical;
use super::name::project;
use super::private_file;
use super::site::{Site, project_of_wheel};

const RECORD: &str = "record";
const HEADER: &str = "redgrease requirement 1";

/// The state of one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// The text of the requirement, exactly as a script first gave it.
    pub(crate) name: String,
    /// Whether all its wheels are kept.
    pub(crate) is_downloaded: bool,
    /// Whether the environment contains the projects of its record.
    pub(crate) is_installed: bool,
    /// The system the wheels were built for, such as `linux-bookworm-x64`.
    pub(crate) compiled_os: String,
    /// The file names of the wheels, sorted.
    pub(crate) wheels: Vec<String>,
    /// The folder of the wheels.
    pub(crate) path: PathBuf,
}

/// The folders of all requirements of one environment.
pub(super) struct Wheelhouse {
    dir: PathBuf,
}

impl Wheelhouse {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The folder of a requirement, which need not exist.
    pub(super) fn folder(&self, requirement: &str) -> PathBuf {
        let stem = stem(requirement);
        match self.newest(&stem) {
            Some(number) => self.numbered(&stem, number),
            None => self.numbered(&stem, 1),
        }
    }

    /// The folder with this number of those that a requirement has had.
    fn numbered(&self, stem: &str, number: u32) -> PathBuf {
        match number {
            1 => self.dir.join(stem),
            _ => self.dir.join(format!("{stem}-{number}")),
        }
    }

    /// The highest number of the folders of a requirement.
    fn newest(&self, stem: &str) -> Option<u32> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries
            .filter_map(
                |entry| match entry.file_name().to_str()?.strip_prefix(stem)? {
                    "" => Some(1),
                    rest => rest.strip_prefix('-')?.parse().ok(),
                },
            )
            .max()
    }

    /// Whether the wheels of a requirement are kept.
    pub(super) fn holds(&self, requirement: &str) -> bool {
        Record::read(&self.folder(requirement))
            .is_some_and(|record| canonical(&record.name) == canonical(requirement))
    }

    /// Creates an empty folder to build wheels in, for [`Self::keep`].
    pub(super) fn stage(&self, requirement: &str) -> io::Result<PathBuf> {
        let staged = self.dir.join(stem(requirement)).with_extension("new");
        remove(&staged)?;
        fs::create_dir_all(&staged)?;
        Ok(staged)
    }

    /// Makes a staged folder the folder of the requirement, in place of the one before, and writes its record. The new folder
    /// has another path, as with RedisGears: so its users see that the wheels are new.
    pub(super) fn keep(&self, requirement: &str, staged: &Path, site: &Site) -> io::Result<()> {
        Record::of(requirement, staged, site).write(staged)?;
        let before = self.folders_of(requirement);
        let stem = stem(requirement);
        let newest = self.newest(&stem);
        let number = newest.map_or(1, |number| number.saturating_add(1));
        fs::rename(staged, self.numbered(&stem, number))?;
        before.iter().try_for_each(|folder| remove(folder))
    }

    /// The folders that have a record of the requirement: one, or another one that a server with an older engine has named.
    fn folders_of(&self, requirement: &str) -> Vec<PathBuf> {
        let wanted = canonical(requirement);
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let folders = entries.map(|entry| entry.path());
        let is_of = |folder: &PathBuf| {
            let record = Record::read(folder);
            record.is_some_and(|record| canonical(&record.name) == wanted)
        };
        folders
            .filter(|folder| folder.extension().is_none())
            .filter(is_of)
            .collect()
    }

    /// Removes staged folders that were not kept.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.path().extension().is_some() {
                // A folder that cannot be removed now is removed when it is staged again.
                let _ = remove(&entry.path());
            }
        }
    }

    /// Writes the record of a kept requirement again, for the packages in the environment now.
    pub(super) fn renew(&self, requirement: &str, site: &Site) -> io::Result<()> {
        let folder = self.folder(requirement);
        Record::of(requirement, &folder, site).write(&folder)
    }

    /// All kept requirements by their canonical text.
    pub(super) fn read(&self, site: &Site) -> HashMap<String, Requirement> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let system = compiled_os();
        entries
            .filter(|entry| entry.path().extension().is_none())
            .filter_map(|entry| {
                let path = entry.path();
                let record = Record::read(&path)?;
                let wheels = wheels(&path);
                Some(Requirement {
                    is_downloaded: record.is_covered(&wheels),
                    is_installed: record.is_satisfied(site),
                    compiled_os: system.clone(),
                    wheels,
                    name: record.name,
                    path,
                })
            })
            .map(|requirement| (canonical(&requirement.name), requirement))
            .collect()
    }
}

/// The projects that a requirement installed.
#[derive(Debug, PartialEq, Eq)]
struct Record {
    name: String,
    /// The project that the requirement names, and the installed version. If the environment has
    /// another version later, then another requirement replaced this one.
    project: Option<(String, String)>,
    /// The dependencies. Any version of these is sufficient.
    others: BTreeSet<String>,
}

impl Record {
    fn of(requirement: &str, folder: &Path, site: &Site) -> Self {
        let project = project(requirement).and_then(|name| {
            site.version(&name)
                .map(|version| (name.clone(), version.to_owned()))
        });
        let named = project.as_ref().map(|(name, _)| name.as_str());
        let others = wheels(folder)
            .iter()
            .filter_map(|wheel| project_of_wheel(wheel))
            .filter(|name| Some(name.as_str()) != named && site.version(name).is_some())
            .collect();
        Self {
            name: requirement.to_owned(),
            project,
            others,
        }
    }

    fn is_satisfied(&self, site: &Site) -> bool {
        self.project
            .as_ref()
            .is_none_or(|(name, version)| site.version(name) == Some(version.as_str()))
            && self.others.iter().all(|name| site.version(name).is_some())
    }

    /// Whether every project of the record has a wheel.
    fn is_covered(&self, wheels: &[String]) -> bool {
        let kept: BTreeSet<String> = wheels
            .iter()
            .filter_map(|file| project_of_wheel(file))
            .collect();
        let named = self.project.iter().map(|(name, _)| name);
        named.chain(&self.others).all(|name| kept.contains(name))
    }

    fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(RECORD)).ok()?;
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return None;
        }
        let name = lines.next()?.strip_prefix("name ")?.to_owned();
        let mut record = Self {
            name,
            project: None,
            others: BTreeSet::new(),
        };
        for line in lines {
            match line.split_once(' ')? {
                ("project", rest) => {
                    let (name, version) = rest.split_once(' ')?;
                    record.project = Some((name.to_owned(), version.to_owned()));
                }
                ("with", name) => {
                    record.others.insert(name.to_owned());
                }
                _ => {}
            }
        }
        Some(record)
    }

    /// Writes the record atomically.
    fn write(&self, folder: &Path) -> io::Result<()> {
        let mut text = format!("{HEADER}\nname {}\n", self.name);
        if let Some((name, version)) = &self.project {
            let _ = writeln!(text, "project {name} {version}");
        }
        for name in &self.others {
            let _ = writeln!(text, "with {name}");
        }
        let part = folder.join("record.part");
        private_file::write(&part, &text)?;
        fs::rename(part, folder.join(RECORD))
    }
}

/// The beginning of the names of all folders of a requirement.
fn stem(requirement: &str) -> String {
    let shown: String = project(requirement)
        .unwrap_or_else(|| "address".to_owned())
        .chars()
        .take(40)
        .collect();
    // The text cannot be a file name: it may contain a slash or a password.
    let number = fingerprint(&canonical(requirement));
    format!("{shown}-{number:016x}")
}

/// Removes a folder, which need not exist.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The file names of the wheels in a folder, sorted.
fn wheels(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| project_of_wheel(name).is_some())
        .collect();
    names.sort();
    names
}

/// The 64-bit FNV-1a hash: the same text must give the same folder in every version of the engine.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The system as RedisGears names it: operating system, release name and architecture.
fn compiled_os() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |key: &str| {
        release
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map(|value| value.trim_matches('"').to_owned())
            .filter(|value| !value.is_empty())
    };
    let name = field("VERSION_CODENAME").or_else(|| field("ID"));
    let architecture = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64v8",
        other => other,
    };
    format!(
        "{}-{}-{architecture}",
        std::env::consts::OS,
        name.as_deref().unwrap_or("unknown")
    )
}
