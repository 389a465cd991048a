//! Runs the checks of imports and commands over installed packages, to count false alarms.
//!
//! The folder is one that `pip install --target` has filled. Each package counts as a gear that requires the package itself.
//!
//! ```text
//! PACKAGES=/tmp/packages cargo test -p redgrease-syntax --features validate --test packages packages -- --ignored --nocapture
//! SCRIPTS=/tmp/scripts cargo test -p redgrease-syntax --features validate --test packages scripts -- --ignored --nocapture
//! ```

#![cfg(feature = "validate")]

use redgrease_syntax::{Finding, PythonVersion, Source, examine, importable};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

const KINDS: &[&str] = &[
    "atomic-alone",
    "command-arguments",
    "log-level",
    "method-arguments",
    "no-command",
    "not-asynchronous",
    "refused-command",
    "refused-method",
    "relative-import",
    "unknown-command",
    "unknown-import",
    "unknown-method",
    "words-in-one-string",
];

#[test]
#[ignore = "needs a folder of packages, see above"]
fn packages_cause_few_alarms() {
    let folder = PathBuf::from(env::var("PACKAGES").expect("PACKAGES names a folder"));
    let python: PythonVersion = "3.13".parse().expect("a version");
    let (mut files, mut imports) = (0, 0);
    let mut alarms: BTreeMap<String, usize> = BTreeMap::new();
    for package in packages(&folder) {
        let modules = importable([package.as_str()]);
        if modules.anything {
            continue;
        }
        for module in &modules.modules {
            for file in sources(&folder.join(module.replace('.', "/"))) {
                let Ok(text) = fs::read_to_string(&file) else {
                    continue;
                };
                // Modules of a package import each other, which a gear cannot do.
                let requirements = [package.as_str()];
                let source = Source::shared("m", &text)
                    .python(python)
                    .requirements(&requirements);
                files += 1;
                imports += text
                    .lines()
                    .filter(|line| line.trim_start().starts_with("import "))
                    .count();
                for finding in examine(&source).findings {
                    count(&mut alarms, &package, &finding, &text);
                }
            }
        }
    }
    for (alarm, count) in &alarms {
        println!("{count:5} {alarm}");
    }
    let all: usize = alarms.values().sum();
    println!("{files} files, {imports} lines with `import`, {all} alarms");
}

/// Checks scripts, each without requirements: the folder `SCRIPTS` with all folders in it.
#[test]
#[ignore = "needs a folder of scripts"]
fn scripts_cause_no_alarms() {
    let folder = PathBuf::from(env::var("SCRIPTS").expect("SCRIPTS names a folder"));
    let mut files = 0;
    for file in sources(&folder) {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        files += 1;
        for finding in examine(&Source::shared("m", &text)).findings {
            if KINDS.contains(&finding.problem.code()) {
                let line = text[..finding.range.start].matches('\n').count() + 1;
                println!("{}:{line}: {finding}", file.display());
            }
        }
    }
    println!("{files} scripts");
}

fn count(alarms: &mut BTreeMap<String, usize>, package: &str, finding: &Finding, text: &str) {
    let code = finding.problem.code();
    if KINDS.contains(&code) && code != "relative-import" {
        let place = &text[finding.range.clone()];
        *alarms
            .entry(format!("{code} {place} in {package}"))
            .or_default() += 1;
    }
}

/// The names of the installed packages.
fn packages(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let (name, _) = name.strip_suffix(".dist-info")?.split_once('-')?;
            Some(name.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// The Python files of a module, without those of its tests.
fn sources(module: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![module.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                found.push(path);
            }
        }
    }
    found
}
