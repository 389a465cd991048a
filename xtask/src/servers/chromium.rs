//! A browser for the tests of `redgrease ui`. The machine's own one is used if there is one.
//!
//! Debian has Chromium without windows as a package of its own. It is unpacked into the target directory, where the tests find
//! it by themselves.

use super::apt::Release;
use super::libraries::{add_missing, machine_loader};
use super::{find, runs, write_script};
use crate::shell::quoted;
use crate::steps::{Failed, Outcome};
use crate::workspace;
use std::env;
use std::fs;
use std::path::Path;

const PACKAGE: &str = "chromium-headless-shell";

/// The browsers that the tests look for.
const PROGRAMS: [&str; 5] = [
    PACKAGE,
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chrome-headless-shell",
];

/// Makes a browser available to the tests. The package is downloaded once.
pub(crate) fn prepare() -> Outcome {
    if on_machine() {
        return Ok(());
    }
    fetch().map_err(|failed| {
        Failed::new(format!(
            "A browser is missing, and could not be fetched for the tests of `redgrease ui`: {failed}\n  \
             or install Chromium or Chrome, or set REDGREASE_CHROMIUM to its program, and run this command again"
        ))
    })
}

/// Whether the machine has one that runs: the package of Ubuntu is a script that asks for another package.
fn on_machine() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::var_os("REDGREASE_CHROMIUM").is_some()
        || env::split_paths(&path).any(|folder| {
            PROGRAMS
                .iter()
                .map(|name| folder.join(name))
                .any(|it| it.is_file() && runs(&it))
        })
}

fn fetch() -> Outcome {
    let dir = workspace::target()?.join("servers").join("chromium");
    if !dir.is_dir() {
        let release = Release::of_machine(&["Debian"])?;
        release.unpack("fetching Chromium for the tests", PACKAGE, &dir)?;
    }
    let (root, added, scripts) = (dir.join("root"), dir.join("added"), dir.join("bin"));
    let libraries = root.join("usr/lib");
    let program =
        find(&libraries, &|file| file == PACKAGE).ok_or_else(|| again("has no browser", &dir))?;
    let failed = |e| Failed::file(&dir, "changed", &e);
    let loader =
        machine_loader().ok_or_else(|| again("has no use without a dynamic loader", &dir))?;
    add_missing(&loader, &program, &root, &added).map_err(failed)?;
    fs::create_dir_all(&scripts).map_err(failed)?;
    let fonts = dir.join("fonts.conf");
    fs::write(&fonts, fonts_of(&root, &dir)).map_err(failed)?;
    let script = scripts.join("chromium");
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH={} FONTCONFIG_FILE={} exec {} \"$@\"\n",
        quoted(&added),
        quoted(&fonts),
        quoted(&program)
    );
    write_script(&script, &text).map_err(failed)?;
    if runs(&script) {
        Ok(())
    } else {
        Err(again("has a browser that does not run here", &dir))
    }
}

/// The fonts of the package: a machine without a screen has none.
fn fonts_of(root: &Path, dir: &Path) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<fontconfig>\n  <dir>{}</dir>\n  <dir>/usr/share/fonts</dir>\n  <cachedir>{}</cachedir>\n\
         </fontconfig>\n",
        root.join("usr/share/fonts").display(),
        dir.join("font-cache").display(),
    )
}

fn again(problem: &str, dir: &Path) -> Failed {
    Failed::new(format!(
        "{} {problem}: remove the folder, and run this command again",
        dir.display()
    ))
}
