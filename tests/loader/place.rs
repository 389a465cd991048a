//! The place in which the loader is installed tells which Python is meant.

use crate::choice::venv;
use crate::installation::{Installation, PARTS, told};
use redgrease_embedded::Builder;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The loader and its engine below a prefix, as pip installs them.
struct Installed {
    place: Installation,
    prefix: PathBuf,
    loader: PathBuf,
}

impl Installed {
    fn below(prefix: &str) -> Self {
        let place = Installation::empty();
        let prefix = place.dir.path().join(prefix);
        let minor = PARTS.minor;
        let lib = prefix.join(format!(
            "lib/python3.{minor}/site-packages/redgrease_engine/lib"
        ));
        fs::create_dir_all(&lib).unwrap();
        let loader = lib.join("redgrease.so");
        fs::rename(place.loader(), &loader).unwrap();
        let engine = lib.join(format!("redgrease-engine-3.{minor}.so"));
        symlink(&PARTS.engine, engine).unwrap();
        Installed {
            place,
            prefix,
            loader,
        }
    }

    fn server(&self, variables: &[(&str, &Path)]) -> Builder {
        self.place.server(variables).engine(&self.loader)
    }

    /// The line of a server that does not start.
    #[track_caller]
    fn refusal(&self) -> String {
        let error = self.server(&[]).start().unwrap_err().to_string();
        // The log also has the lines of the servers before.
        let line = error.lines().rev().find_map(|line| {
            let (_, line) = line.split_once("could not load the RedGrease engine: ")?;
            Some(line.to_owned())
        });
        line.unwrap_or_else(|| panic!("{error}"))
    }
}

/// The end of the lines about the virtual environment of the loader.
const OR: &str =
    " (or name another Python with the module argument Python or the variable REDGREASE_PYTHON)";

#[test]
fn a_virtual_environment_around_the_loader_must_be_usable() {
    let installed = Installed::below("venv");
    let bin = installed.prefix.join("bin");
    fs::write(installed.prefix.join("pyvenv.cfg"), "").unwrap();
    let begin = "the virtual environment of the loader: ";
    let remade = format!("make the virtual environment again{OR}");

    let absent = installed.refusal();
    assert!(absent.starts_with(begin), "{absent}");
    assert!(absent.contains("has neither bin/python nor"), "{absent}");
    assert!(absent.ends_with(&remade), "{absent}");

    fs::create_dir(&bin).unwrap();
    symlink("/opt/removed/python3", bin.join("python")).unwrap();
    let dangling = installed.refusal();
    assert!(dangling.starts_with(begin), "{dangling}");
    let reason = "venv/bin/python is a link to /opt/removed/python3, which does not exist";
    assert!(dangling.contains(reason), "{dangling}");
    assert!(dangling.ends_with(&remade), "{dangling}");
    fs::remove_file(bin.join("python")).unwrap();

    for (changes, reason) in [
        (
            &[("version", "3.99")][..],
            "is Python 3.99, and the engines",
        ),
        (&[("implementation", "pypy")], "is PyPy"),
        (&[("libpython", "")], "has no shared libpython"),
    ] {
        installed.place.fake("venv/bin/python", changes);
        let line = installed.refusal();
        assert!(line.contains(reason) && line.ends_with(OR), "{line}");
    }
    installed.place.program("venv/bin/python", "exit 1");
    let line = installed.refusal();
    assert!(
        line.contains("does not answer") && line.ends_with(OR),
        "{line}"
    );
}

#[test]
fn a_named_python_comes_before_the_virtual_environment_of_the_loader() {
    let installed = Installed::below("venv");
    fs::write(installed.prefix.join("pyvenv.cfg"), "").unwrap();
    let other = installed.place.dir.path().join("other");
    venv(&other);
    let program = other.join("bin/python");
    for variable in ["VIRTUAL_ENV", "REDGREASE_PYTHON"] {
        let server = installed.server(&[(variable, &other)]).start().unwrap();
        assert_eq!(told(&server, "python_program"), program.to_str().unwrap());
    }
    let server = installed.server(&[]).module_arg("Python", &program);
    let server = server.start().unwrap();
    assert_eq!(told(&server, "python_program"), program.to_str().unwrap());
}

/// `pip install --user` puts packages below `~/.local`, without a Python beside them.
#[test]
fn the_version_of_the_place_comes_before_another_python_on_path() {
    let installed = Installed::below(".local");
    let dir = installed.place.dir.path();
    let minor = PARTS.minor;
    for (name, of) in [("python3", "first"), (&*format!("python3.{minor}"), "own")] {
        venv(&dir.join(of));
        let program = dir.join(of).join("bin/python");
        let script = format!("exec '{}' \"$@\"", program.display());
        installed.place.program(&format!("bin/{name}"), &script);
    }
    let path = installed.place.path("bin");
    let server = installed.server(&[("PATH", &path)]).start().unwrap();
    let program = dir.join("own/bin/python");
    assert_eq!(told(&server, "python_program"), program.to_str().unwrap());
    drop(server);
    // A Python of that version that cannot be used is passed over.
    let name = format!("bin/python3.{minor}");
    installed.place.fake(&name, &[("implementation", "pypy")]);
    drop(installed.server(&[("PATH", &path)]).start().unwrap());
}
