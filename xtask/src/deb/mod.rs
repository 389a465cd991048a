//! `cargo xtask deb`: packs the engines of a wheel as a package for Debian 12 and 13.
//!
//! The texts of the package are in `packaging/debian`. Nothing is compiled here: the files are those that pip
//! would install. `wheel.rs` decides whether a wheel can be packed, and unpacks it.

mod wheel;

use crate::say::say;
use crate::steps::{self, Failed, Outcome};
use crate::wheel::built;
use crate::workspace::{self, LOADER};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use wheel::{architecture, complete, damaged, unpack};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PACKAGE: &str = "redgrease-engine";
/// Where the wheel has its libraries.
const IN_WHEEL: &str = "redgrease_engine/lib";
/// The servers whose units get a drop-in. Each has a plain unit and one for several instances.
const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];

pub(crate) fn command(wheel: Option<PathBuf>, out: Option<PathBuf>) -> Outcome {
    let wheel = match wheel {
        Some(wheel) => wheel,
        None => built::newest()?,
    };
    if !wheel.is_file() {
        return Err(Failed::new(format!(
            "the wheel {} was not found: build one with `cargo xtask wheel`, or name another one with `--wheel FILE`",
            wheel.display()
        )));
    }
    let architecture = architecture(&wheel)?;
    let work = workspace::target()?.join("redgrease").join("deb");
    let out = out.unwrap_or_else(|| work.clone());
    let tree = Tree::empty(work.join("root"))?;
    let engines = tree.libraries(&wheel, &work.join("wheel"))?;
    let control = source("control")?;
    complete(&wheel, &engines, &control)?;
    tree.drop_ins()?;
    tree.documents()?;
    tree.control(&control, architecture)?;

    fs::create_dir_all(&out).map_err(|e| Failed::file(&out, "created", &e))?;
    let deb = out.join(format!("{PACKAGE}_{VERSION}_{architecture}.deb"));
    steps::step(
        "packing the engines for Debian",
        Command::new("dpkg-deb")
            .args(["--root-owner-group", "--build"])
            .args([&tree.root, &deb]),
    )?;
    say!("{}", deb.display());
    Ok(())
}

/// The files of the package as they will be installed.
struct Tree {
    root: PathBuf,
}

impl Tree {
    fn empty(root: PathBuf) -> Outcome<Self> {
        if root.exists() {
            fs::remove_dir_all(&root).map_err(|e| Failed::file(&root, "removed", &e))?;
        }
        Ok(Tree { root })
    }

    /// Unpacks the libraries of a wheel. Returns the names of the engines.
    fn libraries(&self, wheel: &Path, unpacked: &Path) -> Outcome<Vec<String>> {
        if unpacked.exists() {
            fs::remove_dir_all(unpacked).map_err(|e| Failed::file(unpacked, "removed", &e))?;
        }
        unpack(wheel, unpacked)?;
        let from = unpacked.join(IN_WHEEL);
        let mut engines = Vec::new();
        for entry in fs::read_dir(&from).map_err(|e| Failed::file(&from, "read", &e))? {
            let path = entry.map_err(|e| Failed::file(&from, "read", &e))?.path();
            let name = path.file_name().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            if path.extension().is_none_or(|kind| kind != "so") {
                continue;
            }
            let content = fs::read(&path).map_err(|e| Failed::file(&path, "read", &e))?;
            // A server refuses a module that is not executable. The loader opens the engines itself.
            let is_loader = name == LOADER;
            let mode = if is_loader { 0o755 } else { 0o644 };
            self.write(&format!("usr/lib/redgrease/{name}"), &content, mode)?;
            if !is_loader {
                engines.push(name);
            }
        }
        if engines.is_empty() || !self.root.join("usr/lib/redgrease").join(LOADER).exists() {
            return Err(damaged(wheel));
        }
        Ok(engines)
    }

    fn drop_ins(&self) -> Outcome {
        for server in SERVERS {
            let text = source(&format!("{server}.conf"))?;
            for unit in [format!("{server}.service"), format!("{server}@.service")] {
                let path = format!("usr/lib/systemd/system/{unit}.d/redgrease.conf");
                self.write(&path, text.as_bytes(), 0o644)?;
            }
        }
        Ok(())
    }

    fn documents(&self) -> Outcome {
        let licence = workspace::root().join("LICENSE-MIT");
        let licence =
            fs::read_to_string(&licence).map_err(|e| Failed::file(&licence, "read", &e))?;
        // The heading and the line of the copyright stand elsewhere in the file. Paragraphs are indented, and a
        // dot is an empty line.
        let terms: Vec<String> = licence
            .lines()
            .skip(4)
            .map(|line| format!(" {}", if line.is_empty() { "." } else { line }))
            .collect();
        let copyright = source("copyright")?.replace("@LICENSE_MIT@", &terms.join("\n"));
        let folder = format!("usr/share/doc/{PACKAGE}");
        self.write(&format!("{folder}/copyright"), copyright.as_bytes(), 0o644)?;
        let readme = source("README.Debian")?;
        self.write(&format!("{folder}/README.Debian"), readme.as_bytes(), 0o644)?;
        let changelog = source("changelog")?.replace("@VERSION@", VERSION);
        let path = format!("{folder}/changelog");
        self.write(&path, changelog.as_bytes(), 0o644)?;
        // Policy of Debian: compressed, without name and time.
        steps::output(
            Command::new("gzip")
                .args(["-9n"])
                .arg(self.root.join(&path)),
        )
        .map(drop)
        .ok_or_else(|| Failed::new("the changelog was not compressed: install gzip"))
    }

    fn control(&self, text: &str, architecture: &str) -> Outcome {
        let size: u64 = files(&self.root)?
            .iter()
            .filter_map(|file| file.metadata().ok())
            .map(|about| about.len().div_ceil(1024))
            .sum();
        let control = text
            .replace("@VERSION@", VERSION)
            .replace("@ARCHITECTURE@", architecture)
            .replace("@INSTALLED_SIZE@", &size.to_string());
        let sums = steps::output(
            Command::new("sh")
                .args(["-c", "find usr -type f | LC_ALL=C sort | xargs md5sum"])
                .current_dir(&self.root),
        )
        .ok_or_else(|| Failed::new("the checksums failed: install md5sum (coreutils)"))?;
        self.write("DEBIAN/control", control.as_bytes(), 0o644)?;
        self.write("DEBIAN/md5sums", format!("{sums}\n").as_bytes(), 0o644)?;
        for script in ["postinst", "postrm"] {
            let text = source(script)?;
            self.write(&format!("DEBIAN/{script}"), text.as_bytes(), 0o755)?;
        }
        Ok(())
    }

    fn write(&self, path: &str, content: &[u8], mode: u32) -> Outcome {
        let path = self.root.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| Failed::file(parent, "created", &e))?;
        }
        fs::write(&path, content)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .map_err(|e| Failed::file(&path, "written", &e))
    }
}

/// A text of `packaging/debian`.
fn source(name: &str) -> Outcome<String> {
    let path = workspace::root().join("packaging/debian").join(name);
    fs::read_to_string(&path).map_err(|e| Failed::file(&path, "read", &e))
}

/// All files below a folder.
fn files(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| Failed::file(dir, "read", &e))? {
        let path = entry.map_err(|e| Failed::file(dir, "read", &e))?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
