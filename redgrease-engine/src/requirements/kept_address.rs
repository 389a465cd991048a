//! Requirements with an address, such as `six @ https://host/six.whl`, that are installed from their kept wheel.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::name::{normalize, project};
use super::site::project_of_wheel;

/// The text of a requirement with the address of its kept wheel in place of its own address. An installer would download from
/// that again, also where there is no network. Other requirements stay as they are.
pub(super) fn from_wheels(requirement: &str, folder: &Path) -> String {
    let kept = match project(requirement) {
        Some(name) => named(requirement, &name, folder),
        None => bare(requirement, folder),
    };
    kept.unwrap_or_else(|| requirement.to_owned())
}

/// The text of a requirement with a name and an address.
fn named(requirement: &str, name: &str, folder: &Path) -> Option<String> {
    let (named, address) = requirement.split_once('@')?;
    // A condition begins behind a space, because an address may contain a semicolon.
    let condition = address.split_once(" ;").map(|(_, condition)| condition);
    let wheel = wheel_of(folder, |file| {
        project_of_wheel(file).as_deref() == Some(name)
    })?;
    let end = condition.map_or_else(String::new, |it| format!(" ;{it}"));
    Some(format!("{named}@ {}{end}", address_of(&wheel)))
}

/// The text of a requirement that is an address or a path: of a wheel, of an archive of sources, or of anything that one wheel
/// was built from.
fn bare(requirement: &str, folder: &Path) -> Option<String> {
    let address = requirement.split(['?', '#']).next()?;
    let file = address.trim().rsplit('/').next()?;
    let wheel = wheel_of(folder, |other| other == file)
        .or_else(|| {
            let name = project_of_archive(file)?;
            wheel_of(folder, |other| {
                project_of_wheel(other).as_deref() == Some(&name)
            })
        })
        .or_else(|| only_wheel(folder))?;
    Some(address_of(&wheel))
}

/// The normalised name of the project in the file name of an archive of sources, such as `six-1.0.tar.gz`.
fn project_of_archive(file: &str) -> Option<String> {
    let ends = [".tar.gz", ".tgz", ".tar.bz2", ".zip"];
    let stem = ends.iter().find_map(|end| file.strip_suffix(end))?;
    let (name, version) = stem.rsplit_once('-')?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    is_version.then(|| normalize(name))
}

/// The wheel of a folder that contains one. Among several, the others are dependencies.
fn only_wheel(folder: &Path) -> Option<PathBuf> {
    let only = wheel_of(folder, |_| true)?;
    let another = wheel_of(folder, |file| Some(file.as_ref()) != only.file_name());
    another.is_none().then_some(only)
}

/// The wheel of a folder whose file name fits.
fn wheel_of(folder: &Path, fits: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut wheels = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        project_of_wheel(name).is_some() && fits(name)
    });
    wheels.next().map(|entry| entry.path())
}

/// The address of a file.
fn address_of(file: &Path) -> String {
    let mut address = "file://".to_owned();
    for &byte in file.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::from_wheels;
    use std::fs;
    use tempfile::TempDir;

    #[test]
    fn an_address_is_that_of_the_kept_wheel() {
        let top = TempDir::new().unwrap();
        let folder = top.path().join("a b,c");
        fs::create_dir(&folder).unwrap();
        for file in ["Foo_Bar-1.0+x-py3-none-any.whl", "six-1.0-py3-none-any.whl"] {
            fs::write(folder.join(file), "").unwrap();
        }
        let address = format!("file://{}/a%20b%2Cc/", top.path().display());
        for (text, expected) in [
            (
                "foo.bar[x] @ https://joe:secret@host/y;z.zip ; os_name == 'posix'",
                format!(
                    "foo.bar[x] @ {address}Foo_Bar-1.0%2Bx-py3-none-any.whl ; os_name == 'posix'"
                ),
            ),
            (
                "six@git+https://host/six@v1",
                format!("six@ {address}six-1.0-py3-none-any.whl"),
            ),
            (
                "https://host/a/six-1.0-py3-none-any.whl?token=T#sha256=0",
                format!("{address}six-1.0-py3-none-any.whl"),
            ),
            (
                "/srv/six-1.0-py3-none-any.whl",
                format!("{address}six-1.0-py3-none-any.whl"),
            ),
            (
                "http://host/foo-bar-1.0.tar.gz#sha256=0",
                format!("{address}Foo_Bar-1.0%2Bx-py3-none-any.whl"),
            ),
            (
                "/srv/six-1.0.zip",
                format!("{address}six-1.0-py3-none-any.whl"),
            ),
            ("/srv/main.zip", "/srv/main.zip".to_owned()),
            ("six==1.0", "six==1.0".to_owned()),
            (
                "other @ https://host/x",
                "other @ https://host/x".to_owned(),
            ),
            ("git+https://host/six", "git+https://host/six".to_owned()),
        ] {
            assert_eq!(from_wheels(text, &folder), expected, "{text}");
        }
    }

    #[test]
    fn what_one_wheel_was_built_from_is_installed_from_it() {
        let top = TempDir::new().unwrap();
        let file = "six-1.0-py3-none-any.whl";
        fs::write(top.path().join(file), "").unwrap();
        for text in ["/srv/code", "git+file:///srv/repo@v1", "./main.zip"] {
            let expected = format!("file://{}/{file}", top.path().display());
            assert_eq!(from_wheels(text, top.path()), expected, "{text}");
        }
        fs::write(top.path().join("needed-1.0-py3-none-any.whl"), "").unwrap();
        assert_eq!(from_wheels("/srv/code", top.path()), "/srv/code");
    }
}
