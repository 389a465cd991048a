//! The wheels that were built. The name of a file tells for which machines it is.

use crate::steps::{Failed, Outcome};
use crate::workspace;
use std::fs;
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The command that builds the wheel for all Pythons, and the option that names another one.
const REMEDY: &str = "build one with `cargo xtask wheel`, or name one with `--wheel FILE`";

/// The wheel for all machines that `cargo xtask wheel` has built last.
pub(crate) fn newest() -> Outcome<PathBuf> {
    newest_in(&workspace::wheels()?)
}

fn newest_in(dir: &Path) -> Outcome<PathBuf> {
    let built = |path: &PathBuf| path.metadata().and_then(|about| about.modified()).ok();
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    files
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && machine(path).is_ok())
        .max_by_key(built)
        .ok_or_else(|| {
            Failed::new(format!(
                "a wheel of version {VERSION} is needed, and {} has none that runs on other machines: {REMEDY}",
                dir.display()
            ))
        })
}

/// The machine of a wheel of this version that runs on all machines of a kind, such as `x86_64`.
pub(crate) fn machine(wheel: &Path) -> Outcome<String> {
    let refuse = |why: &str| Err(Failed::new(format!("{} {why}: {REMEDY}", wheel.display())));
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    // redgrease_engine-0.1.0-py3-none-manylinux_2_30_x86_64.whl
    let parts = name.strip_suffix(".whl").map(|stem| stem.split('-'));
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let ["redgrease_engine", version, "py3", "none", platform] = parts[..] else {
        return refuse("is not named like a wheel of redgrease-engine");
    };
    if version != VERSION {
        return refuse(&format!("is of version {version}, and this is {VERSION}"));
    }
    if platform.starts_with("linux_") {
        return refuse("is for this machine and one Python alone (`--local`)");
    }
    let numbers_and_machine = platform.strip_prefix("manylinux_");
    match numbers_and_machine.and_then(|rest| rest.splitn(3, '_').nth(2)) {
        Some(machine) => Ok(machine.to_owned()),
        None => refuse("is not for Linux"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(version: &str, platform: &str) -> String {
        format!("redgrease_engine-{version}-py3-none-{platform}.whl")
    }

    #[test]
    fn the_name_tells_the_machine() {
        for (platform, wanted) in [
            ("manylinux_2_30_x86_64", "x86_64"),
            ("manylinux_2_17_aarch64", "aarch64"),
        ] {
            let wheel = name(VERSION, platform);
            assert_eq!(machine(Path::new(&wheel)).unwrap(), wanted);
        }
        for (wheel, part) in [
            (name(VERSION, "linux_x86_64"), "`--local`"),
            (name(VERSION, "macosx_11_0_arm64"), "not for Linux"),
            (name("0.0.9", "manylinux_2_30_x86_64"), "of version 0.0.9"),
            ("notes.txt".to_owned(), "not named like a wheel"),
            ("/".to_owned(), "not named like a wheel"),
            ("six-1.0-py3-none-any.whl".to_owned(), "not named like a"),
        ] {
            let said = machine(Path::new(&wheel)).unwrap_err().to_string();
            assert!(
                said.contains(part) && said.ends_with(REMEDY),
                "{wheel}: {said}"
            );
        }
    }

    #[test]
    fn a_local_wheel_is_never_the_newest() {
        let dir = workspace::target().unwrap().join("redgrease/test-newest");
        // What a failed run has left.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let whole = dir.join(name(VERSION, "manylinux_2_30_x86_64"));
        let others = [
            name(VERSION, "linux_x86_64"),
            name("0.0.9", "manylinux_2_30_x86_64"),
            "six-1.0-py3-none-any.whl".to_owned(),
        ];
        for other in &others {
            fs::write(dir.join(other), "").unwrap();
        }
        let said = newest_in(&dir).unwrap_err().to_string();
        assert!(
            said.contains("test-newest has none") && said.ends_with(REMEDY),
            "{said}"
        );
        fs::write(&whole, "").unwrap();
        for other in &others {
            fs::write(dir.join(other), "later").unwrap();
        }
        assert_eq!(newest_in(&dir).unwrap(), whole);
        fs::remove_dir_all(&dir).unwrap();
    }
}
