//! `req`, and the requirements of `run`.

use super::common::{done, on, program};
use redgrease_embedded::Server;
use std::path::Path;
use std::process::Command;

/// Writes the wheel of a package with `answer = 42`.
const WHEEL: &str = r#"
import os, sys, zipfile
folder, name, needs = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
info = f"{name}-1.2.dist-info"
requires = f"Requires-Dist: {needs}\n" if needs else ""
with zipfile.ZipFile(f"{folder}/{name}-1.2-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}/__init__.py", "answer = 42\n")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n{requires}")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(f"{info}/RECORD", "")
"#;

fn make_wheel(folder: &Path, name: &str, needs: &str) {
    let mut command = Command::new("python3");
    assert!(
        command
            .args(["-c", WHEEL])
            .arg(folder)
            .args([name, needs])
            .status()
            .unwrap()
            .success()
    );
}

fn server(dir: &Path, pip: &str) -> Server {
    Server::builder()
        .python_dir(dir)
        .module_arg("PipArguments", pip)
        .start()
        .unwrap()
}

#[test]
fn packages_are_listed_locked_and_carried_over() {
    let dir = tempfile::tempdir().unwrap();
    let wheels = dir.path().join("wheels");
    make_wheel(&wheels, "rgfirst", "rgsecond");
    make_wheel(&wheels, "rgsecond", "");
    let online = server(
        &dir.path().join("online"),
        &format!("--no-index --find-links {}", wheels.display()),
    );
    let none = on(&online, &["req", "ls"]);
    assert_eq!(
        (none.out.as_str(), none.err.as_str()),
        ("", "no session requires a package\n")
    );

    let file = dir.path().join("requirements.txt");
    std::fs::write(&file, "# what the gear needs\nrgfirst>=1\n").unwrap();
    let code = "import rgfirst\nGB('CommandReader').map(lambda x: rgfirst.answer).register(trigger='answer')";
    on(
        &online,
        &[
            "run",
            "-c",
            code,
            "--id",
            "s",
            "--requirements-file",
            file.to_str().unwrap(),
        ],
    )
    .ok();
    assert_eq!(on(&online, &["call", "answer"]).ok(), "42\n");

    let table = on(&online, &["req", "ls"]).ok();
    assert!(
        table.contains("rgfirst>=1") && table.contains("rgfirst==1.2"),
        "{table}"
    );
    assert_eq!(
        on(&online, &["req", "lock"]).ok(),
        "rgfirst==1.2\nrgsecond==1.2\n"
    );
    let session = on(&online, &["show", "s"]).ok();
    assert!(
        session.contains("rgfirst>=1 (rgfirst==1.2 rgsecond==1.2)"),
        "{session}"
    );
    let locked = dir.path().join("locked.txt");
    on(
        &online,
        &[
            "req",
            "lock",
            "--session",
            "s",
            "-o",
            locked.to_str().unwrap(),
        ],
    )
    .ok();
    assert_eq!(
        std::fs::read_to_string(&locked).unwrap(),
        "rgfirst==1.2\nrgsecond==1.2\n"
    );
    let err = on(&online, &["req", "lock", "--session", "nothere"]).fails(1);
    assert!(err.contains("no session `nothere`"), "{err}");

    let exported = dir.path().join("rgfirst.rgreq");
    let exported = exported.to_str().unwrap();
    on(&online, &["req", "export", "rgfirst", "-o", exported]).ok();
    let piped = program(&["req", "export", "rgfirst", "-o", "-"])
        .env("REDGREASE_URL", online.url())
        .output()
        .unwrap();
    assert!(
        piped.status.success() && !piped.stdout.is_empty(),
        "{piped:?}"
    );
    assert_eq!(piped.stdout, std::fs::read(exported).unwrap());
    let err = on(&online, &["req", "export", "rgfrist>=1", "-o", exported]).fails(1);
    assert!(err.contains("did you mean `rgfirst>=1`?"), "{err}");

    let offline = server(&dir.path().join("offline"), "--no-index");
    let err = on(&offline, &["req", "import", "/no/such/file"]).fails(1);
    assert!(err.contains("check the path"), "{err}");
    let file = std::fs::File::open(exported).unwrap();
    let mut import = program(&["req", "import", "-"]);
    done(import.env("REDGREASE_URL", offline.url()).stdin(file)).ok();
    on(&offline, &["req", "import", exported]).ok();
    on(
        &offline,
        &["run", "-c", code, "--requirement", "rgfirst>=1"],
    )
    .ok();
    assert_eq!(on(&offline, &["call", "answer"]).ok(), "42\n");
}

#[test]
fn a_package_that_cannot_be_installed_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path(), "--no-index");
    let err = on(
        &server,
        &["run", "-c", "1", "--requirement", "rg-no-such-package"],
    )
    .fails(1);
    assert!(err.contains("rg-no-such-package"), "{err}");
    assert!(err.contains("`redgrease req`"), "{err}");
}
