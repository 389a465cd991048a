//! Several servers using one directory.

use std::fs;
use std::thread;

use super::bench::{Bench, requirements, version_of};
use crate::requirements::{InstallErrorKind, Python, Store};

#[test]
fn servers_that_share_a_directory_do_the_work_once() {
    let bench = Bench::new();
    bench.wheel("tiny", "1.0", &[]);
    let stores = [bench.store(), bench.store(), bench.store()];
    thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| store.install(&requirements(&["tiny"]), false).unwrap());
        }
    });
    assert!(stores.iter().all(|store| store.is_installed("tiny")));
    assert_eq!((bench.runs("wheel"), bench.runs("install")), (1, 1));
    assert_eq!(version_of(&stores[0], "tiny").as_deref(), Some("1.0"));
    assert!(
        bench.store().is_installed("tiny"),
        "a server that comes later knows it"
    );

    // What another server replaced meanwhile is noticed and put back.
    bench.wheel("tiny", "0.9", &[]);
    stores[1]
        .install(&requirements(&["tiny==0.9"]), false)
        .unwrap();
    stores[0]
        .install(&requirements(&["tiny==1.0"]), false)
        .unwrap();
    assert_eq!(version_of(&stores[0], "tiny").as_deref(), Some("1.0"));
    assert!(!stores[0].is_installed("tiny==0.9"));
}

#[test]
fn a_half_made_environment_is_made_anew() {
    let bench = Bench::new();
    bench.wheel("tiny", "1.0", &[]);
    let store = bench.store();
    let venv = store
        .interpreter()
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .to_owned();
    fs::create_dir_all(venv.join("bin")).unwrap();
    fs::write(venv.join("bin/python"), "not a program").unwrap();
    store.install(&requirements(&["tiny"]), false).unwrap();
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("1.0"));
}

#[test]
fn a_directory_that_cannot_be_used_is_an_error() {
    let bench = Bench::new();
    let file = bench.home();
    fs::write(&file, "").unwrap();
    let error = bench
        .store()
        .install(&requirements(&["tiny"]), false)
        .unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Environment);
    assert!(
        error.to_string().contains("PythonInstallationDir"),
        "{error}"
    );

    fs::remove_file(&file).unwrap();
    let nowhere = Python {
        executable: "/nonexistent/python3".into(),
        version: (3, 11),
    };
    let store = Store::new(file, nowhere, Vec::new(), Box::new(|_, _| {}));
    let error = store.install(&requirements(&["tiny"]), false).unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Environment);
}
