//! The engine in the Python packages of a Python: the wheel `redgrease-engine`.

use super::interpreter::{Answer, PATIENCE, Wheel, ask};
use super::unusable::{Flaw, Unusable};
use super::wanted::{Wanted, python_in, versions};
use super::{Engine, is_program, library, on_path, variable};
use std::path::{Path, PathBuf};

const AGAIN: &str = "install it again with `pip install --force-reinstall redgrease-engine`";

/// The engine of the wheel that is installed in a Python. `wanted` is the Python that runs in place of
/// this one.
///
/// # Errors
/// The reason why the Python has no engine, or why its engine cannot be used.
pub(super) fn find(python: &Path, wanted: Option<&Wanted>) -> Result<Engine, Unusable> {
    let answer = ask(python, PATIENCE).map_err(Unusable::absent);
    let engine = answer.and_then(|answer| judge(answer, wanted));
    engine.map_err(|unusable| unusable.at(python.display()))
}

/// The Python that is wanted, that of the active virtual environment, and the first `python3` and `python` on `PATH`.
pub(super) fn pythons(wanted: Option<&Wanted>) -> Vec<PathBuf> {
    let active = variable("VIRTUAL_ENV").map(|venv| python_in(&venv));
    let candidates = [
        wanted
            .and_then(Wanted::program)
            .filter(|program| is_program(program)),
        active.filter(|program| is_program(program)),
        on_path(&["python3"]).next(),
        on_path(&["python"]).next(),
    ];
    let mut pythons: Vec<PathBuf> = Vec::new();
    for python in candidates.into_iter().flatten() {
        // A link in the same folder is the same environment, and one in another folder may not be.
        let is_same = |other: &PathBuf| {
            other.parent() == python.parent()
                && other.canonicalize().ok() == python.canonicalize().ok()
        };
        if !pythons.iter().any(is_same) {
            pythons.push(python);
        }
    }
    pythons
}

fn judge(answer: Answer, wanted: Option<&Wanted>) -> Result<Engine, Unusable> {
    let broken = |reason: String| Unusable::new(Flaw::Wheel, reason, AGAIN);
    let loader = match answer.wheel {
        None => return Err(Unusable::absent("redgrease-engine is not installed")),
        Some(Wheel::Loader(loader)) => loader,
        Some(Wheel::Broken(reason)) => return Err(broken(reason)),
        Some(Wheel::Refused(text)) => {
            return Err(match text.rsplit_once(": ") {
                Some((reason, remedy)) => Unusable::new(Flaw::Wheel, reason, remedy),
                None => broken(text),
            });
        }
    };
    let dir = loader.parent().unwrap_or(&loader);
    let choose = |minors: &[u32]| match (wanted, answer.minor) {
        (Some(wanted), _) => wanted.choose(minors),
        // To install it again changes nothing.
        (None, Some(minor)) if !minors.contains(&minor) => Err(Unusable::new(
            Flaw::Wheel,
            format!(
                "is Python 3.{minor}, and the engines in {} are for {}",
                dir.display(),
                versions(minors)
            ),
            "use a virtual environment of a Python of such a version, or install a version of \
             redgrease-engine that has an engine for this one",
        )),
        (None, minor) => Ok(minor),
    };
    match library::installed(dir, choose) {
        Ok(Some(library)) => Ok(Engine {
            library,
            python: Some(answer.python),
        }),
        Ok(None) => Err(broken(format!("{} does not exist", loader.display()))),
        Err(library::Unfit::Broken(reason)) => Err(broken(reason)),
        Err(library::Unfit::Outdated(reason)) => Err(Unusable::new(
            Flaw::Wheel,
            reason,
            "run `pip install --upgrade redgrease-engine`",
        )),
        Err(library::Unfit::OtherPython(unusable)) => Err(unusable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(wheel: Option<Wheel>) -> Unusable {
        let answer = Answer {
            python: "/p".into(),
            minor: Some(12),
            wheel,
        };
        judge(answer, None).unwrap_err()
    }

    #[test]
    fn a_damaged_wheel_is_installed_again_and_a_missing_one_is_not_a_flaw() {
        let loader = Wheel::Loader("/no/such/redgrease.so".into());
        let broken = reason(Some(loader));
        assert_eq!(broken.reason, "/no/such/redgrease.so does not exist");
        assert_eq!(broken.remedy, AGAIN);
        assert_eq!(reason(Some(Wheel::Broken("x".into()))).remedy, AGAIN);
        let refused = reason(Some(Wheel::Refused("x: y: run `chmod`".into())));
        assert_eq!(
            (&*refused.reason, &*refused.remedy),
            ("x: y", "run `chmod`")
        );
        assert_eq!(reason(None).flaw, Flaw::Absent);
    }
}
