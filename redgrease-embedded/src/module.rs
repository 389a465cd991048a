//! The arguments of `loadmodule`: the library and its settings.

use crate::locate::Engine;
use std::ffi::OsString;
use std::path::PathBuf;

/// What was found for a server.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) engine: Engine,
    /// The directory of Python packages.
    pub(crate) packages: Option<PathBuf>,
    /// Whether an environment variable names the Python, which the loader reads.
    pub(crate) environment_decides: bool,
}

/// The library and the settings: those of the caller, and what was found for the others.
pub(crate) fn words(found: Found, settings: &[(String, OsString)]) -> Vec<OsString> {
    // The loader reads its arguments without regard to case, and the engine does not.
    let given = |wanted: &str| settings.iter().any(|(name, _)| name == wanted);
    let chosen = found.environment_decides || python(settings).is_some();
    let mut words = vec![found.engine.library.into_os_string()];
    for (name, value) in settings {
        words.extend([name.into(), value.clone()]);
    }
    if let Some(python) = found.engine.python.filter(|_| !chosen) {
        words.extend(["Python".into(), python.into_os_string()]);
    }
    if let Some(packages) = found.packages.filter(|_| !given("PythonInstallationDir")) {
        words.extend(["PythonInstallationDir".into(), packages.into_os_string()]);
    }
    words
}

/// The Python that the settings name.
pub(crate) fn python(settings: &[(String, OsString)]) -> Option<&OsString> {
    let names = |name: &str| {
        ["Python", "PythonExecutable"]
            .iter()
            .any(|wanted| name.eq_ignore_ascii_case(wanted))
    };
    let found = settings.iter().find(|(name, _)| names(name));
    found.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(python: Option<&str>, environment_decides: bool, settings: &[(&str, &str)]) -> String {
        let found = Found {
            engine: Engine {
                library: "/l/redgrease.so".into(),
                python: python.map(PathBuf::from),
            },
            packages: Some("/packages".into()),
            environment_decides,
        };
        let owned = settings
            .iter()
            .map(|&(name, value)| (name.into(), value.into()));
        let words = words(found, &owned.collect::<Vec<_>>());
        words.join(" ".as_ref()).into_string().unwrap()
    }

    #[test]
    fn the_python_of_a_wheel_runs_unless_another_one_is_chosen() {
        let venv = Some("/venv/bin/python");
        let packages = "PythonInstallationDir /packages";
        assert_eq!(
            line(venv, false, &[("A", "1")]),
            format!("/l/redgrease.so A 1 Python /venv/bin/python {packages}")
        );
        assert_eq!(
            line(None, false, &[]),
            format!("/l/redgrease.so {packages}")
        );
        assert_eq!(line(venv, true, &[]), format!("/l/redgrease.so {packages}"));
        for name in ["Python", "PythonExecutable", "python"] {
            assert_eq!(
                line(venv, false, &[(name, "3.9")]),
                format!("/l/redgrease.so {name} 3.9 {packages}")
            );
        }
        assert_eq!(
            line(None, false, &[("PythonInstallationDir", "/own")]),
            "/l/redgrease.so PythonInstallationDir /own"
        );
    }
}
