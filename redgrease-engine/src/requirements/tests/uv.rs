//! The installer uv: when it is chosen, and the wheels that are made of what it has installed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::sandbox::{Sandbox, python, requirements, version_of};
use super::uv_tool::python_with_uv;
use crate::requirements::{InstallErrorKind, Preference, Python, Settings, Store};

/// A directory with the interpreter, and a script in place of uv beside it.
fn with_fake_uv(sandbox: &Sandbox, script: &str) -> Python {
    let folder = sandbox.packages().join("bin");
    fs::create_dir(&folder).unwrap();
    let real = python();
    symlink(&real.executable, folder.join("python3")).unwrap();
    let source = folder.join("source");
    fs::write(&source, format!("#!/bin/sh\n{script}\n")).unwrap();
    // Another test may fork while this file is open for writing, and a program that is open cannot be run.
    let copied = Command::new("cp")
        .args([&source, &folder.join("uv")])
        .status();
    assert!(copied.unwrap().success());
    fs::set_permissions(folder.join("uv"), fs::Permissions::from_mode(0o755)).unwrap();
    Python {
        executable: folder.join("python3"),
        ..real
    }
}

fn store(sandbox: &Sandbox, python: Python, installer: Preference, arguments: &[&str]) -> Store {
    let log = std::sync::Arc::clone(&sandbox.log);
    let settings = Settings {
        installer,
        pip_arguments: requirements(arguments),
    };
    let log = Box::new(move |_, line: &str| log.lock().unwrap().push(line.to_owned()));
    Store::new(sandbox.home(), python, settings, log)
}

#[test]
fn an_old_uv_and_an_option_that_uv_lacks_are_errors_with_the_remedy() {
    for (script, arguments, told) in [
        (
            "echo uv 0.4.30",
            &[][..],
            "answers `uv 0.4.30`: install uv 0.5 or newer",
        ),
        (
            "echo no such library; exit 127",
            &[],
            "answers `no such library`",
        ),
        (
            "echo uv 0.13.9",
            &["--no-index", "--prefer-binary"],
            "uv has nothing for pip's option prefer-binary",
        ),
        (
            "sleep 1000",
            &[],
            "has not told its version within 10 s: install uv again, or set Installer to pip",
        ),
    ] {
        let sandbox = Sandbox::new(Preference::Uv);
        let python = with_fake_uv(&sandbox, script);
        let store = store(&sandbox, python, Preference::Uv, arguments);
        let error = store.install(&requirements(&["tiny"]), false).unwrap_err();
        assert_eq!(error.kind(), InstallErrorKind::Environment);
        let text = error.to_string();
        assert!(
            text.starts_with("the setting Installer is uv, and "),
            "{text}"
        );
        assert!(text.contains(told), "{text}");
        assert!(text.ends_with("set Installer to pip"), "{text}");
    }
}

#[test]
fn pip_takes_the_place_of_an_unusable_uv_and_uv_goes_on_with_its_environment() {
    let sandbox = Sandbox::new(Preference::Pip);
    sandbox.wheel("tiny", "1.0", &[]);
    sandbox.wheel("other", "1.0", &[]);
    sandbox.wheel("third", "1.0", &[]);
    // uv has made the environment, without pip.
    let first = sandbox.store_of(Preference::Uv);
    first.install(&requirements(&["tiny"]), false).unwrap();
    assert!(!first.site_packages().join("pip").exists());

    let python = with_fake_uv(&sandbox, "echo uv 0.4.30");
    let packages = format!("--find-links={}", sandbox.packages().display());
    let second = store(
        &sandbox,
        python,
        Preference::Auto,
        &["--no-index", &packages],
    );
    second.install(&requirements(&["other"]), false).unwrap();
    assert!(sandbox.logged("requirements: pip installs: "));
    assert!(second.site_packages().join("pip").exists());
    assert!(second.is_installed("tiny"));

    first.install(&requirements(&["third"]), false).unwrap();
    for package in ["tiny", "other", "third"] {
        assert!(first.is_installed(package));
        assert_eq!(version_of(&first, package).as_deref(), Some("1.0"));
    }
}

#[test]
fn pip_takes_the_place_of_a_uv_that_hangs_or_does_nothing() {
    for (script, told) in [
        ("sleep 1000", "has not told its version within 10 s"),
        (
            "[ $1 = --version ] && echo uv 0.13.9; exit 0",
            "ended without an error and has not made ",
        ),
    ] {
        let sandbox = Sandbox::new(Preference::Pip);
        sandbox.wheel("tiny", "1.0", &[]);
        let python = with_fake_uv(&sandbox, script);
        let packages = format!("--find-links={}", sandbox.packages().display());
        let arguments = ["--no-index", packages.as_str()];
        let of = |preference| store(&sandbox, python.clone(), preference, &arguments);
        let error = of(Preference::Uv).install(&requirements(&["tiny"]), false);
        let error = error.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert!(
            error.ends_with("install uv again, or set Installer to pip"),
            "{error}"
        );
        let chosen = of(Preference::Auto);
        chosen.install(&requirements(&["tiny"]), false).unwrap();
        assert!(sandbox.logged(&format!(
            "requirements: pip installs: {}",
            python.executable.with_file_name("uv").display()
        )));
        assert_eq!(version_of(&chosen, "tiny").as_deref(), Some("1.0"));
    }
}

#[test]
fn an_error_of_uv_is_one_line_without_secrets() {
    let script = "[ $1 = --version ] && echo uv 0.13.9 && exit; echo; echo 'error: Failed to fetch: \
                  https://joe:secret@host/simple/tiny/?token=secret'; echo '  cause: dns error'; exit 2";
    let sandbox = Sandbox::new(Preference::Uv);
    let python = with_fake_uv(&sandbox, script);
    let store = store(&sandbox, python, Preference::Uv, &[]);
    let error = store.install(&requirements(&["tiny"]), false).unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Network);
    assert_eq!(
        error.to_string(),
        "error: Failed to fetch: https://****@host/simple/tiny/?****; cause: dns error"
    );
    assert!(!sandbox.logged("secret"));
}

/// Writes a wheel with everything that a wheel can contain.
const ODD_WHEEL: &str = r##"
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/Odd_Name-1.0-7-py2.py3-none-any.whl", "w") as wheel:
    def add(name, text, mode=0o644):
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (0o100000 | mode) << 16
        wheel.writestr(entry, text)
    add("odd_name/__init__.py", "version = '1.0'\n")
    add("odd_name/a, \"b\" \u00e9.txt", "x")
    add("odd_name/tool.sh", "#!/bin/sh\n", 0o755)
    add("odd_single.py", "")
    add("Odd_Name-1.0.data/scripts/odd-run", "#!python\nprint('ran')\n", 0o755)
    add("Odd_Name-1.0.data/data/share/odd/page.txt", "page")
    add("Odd_Name-1.0.data/headers/odd.h", "#define ODD")
    info = "Odd_Name-1.0.dist-info"
    add(info + "/METADATA", "Metadata-Version: 2.1\nName: Odd_Name\nVersion: 1.0\n")
    add(info + "/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nBuild: 7\nTag: py2-none-any\nTag: py3-none-any\n")
    add(info + "/entry_points.txt", "[console_scripts]\nodd = odd_name:main\n[other]\nx = y\n")
    add(info + "/licenses/LICENSE", "free")
    add(info + "/RECORD", "")
"##;

/// The names, modes and contents of the files of a wheel, without the list of files.
const LIST: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for entry in wheel.infolist():
        if not entry.filename.endswith('/RECORD'):
            print(ascii((entry.filename, oct(entry.external_attr >> 16), wheel.read(entry))))
";

fn run(script: &str, argument: &std::path::Path) -> String {
    let mut command = Command::new("python3");
    let output = command.args(["-c", script]).arg(argument).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_kept_wheel_contains_what_the_wheel_of_the_index_does() {
    let sandbox = Sandbox::new(Preference::Uv);
    run(ODD_WHEEL, &sandbox.packages());
    let store = sandbox.store();
    store.install(&requirements(&["odd-name"]), false).unwrap();
    let row = store.row("odd-name").unwrap();
    assert_eq!(row.wheels, ["Odd_Name-1.0-7-py2.py3-none-any.whl"]);
    let listed = |folder: &std::path::Path| -> BTreeSet<String> {
        let text = run(LIST, &folder.join(&row.wheels[0]));
        text.lines().map(str::to_owned).collect()
    };
    assert_eq!(listed(&row.path), listed(&sandbox.packages()));

    // What is installed from the kept wheel works.
    for script in ["odd-run", "odd"] {
        assert!(sandbox.venv().join("bin").join(script).exists(), "{script}");
    }
    let ran = Command::new(sandbox.venv().join("bin/odd-run"))
        .output()
        .unwrap();
    assert_eq!(ran.stdout, b"ran\n");
    assert!(sandbox.venv().join("share/odd/page.txt").exists());
    // pip installs it, too.
    let other = Sandbox::new(Preference::Pip);
    let exported = store.export("odd-name").unwrap().unwrap();
    other.store().import(&exported).unwrap();
    assert!(other.venv().join("bin/odd-run").exists());
    assert!(other.store().is_installed("odd-name"));
}

#[test]
fn what_a_failed_installation_has_removed_is_installed_again() {
    let sandbox = Sandbox::new(Preference::Uv);
    sandbox.wheel("tiny", "1.0", &[]);
    sandbox.wheel("tiny", "2.0", &[]);
    sandbox.wheel("other", "1.0", &[]);
    let real = python_with_uv().executable.with_file_name("uv");
    // uv is killed when it has removed the old version.
    let site = sandbox.store().site_packages();
    let script = format!(
        "case \"$*\" in *bin/python\\ --no-index*tiny==2.0) [ -d {site}/tiny ] && case \"$*\" in *venv-*) rm -r {site}/tiny*; kill -9 $$;; esac;; esac; exec {real} \"$@\"",
        site = site.display(),
        real = real.display()
    );
    let python = with_fake_uv(&sandbox, &script);
    let packages = format!("--find-links={}", sandbox.packages().display());
    let store = store(&sandbox, python, Preference::Uv, &["--no-index", &packages]);
    store
        .install(&requirements(&["tiny==1.0", "other"]), false)
        .unwrap();
    let error = store
        .install(&requirements(&["tiny==2.0"]), false)
        .unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Environment);
    assert!(error.to_string().contains("killed by signal 9"), "{error}");
    assert!(
        sandbox.logged("has removed `tiny==1.0`, and they were installed again from their wheels")
    );
    assert!(store.is_installed("tiny==1.0") && store.is_installed("other"));
    assert!(!store.is_installed("tiny==2.0"));
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("1.0"));
}

#[test]
fn nothing_of_uv_is_left_beside_the_wheels() {
    let sandbox = Sandbox::new(Preference::Uv);
    sandbox.wheel("tiny", "1.0", &[]);
    let store = sandbox.store();
    store.install(&requirements(&["tiny"]), false).unwrap();
    assert_eq!(sandbox.kept_folders(), 1);
    assert!(!sandbox.home().join("uv-cache").exists());
    store
        .install(&requirements(&["absent"]), false)
        .unwrap_err();
    assert_eq!(sandbox.kept_folders(), 1);
}
