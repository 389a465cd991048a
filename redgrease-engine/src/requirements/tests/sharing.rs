//! Several servers with one installation directory.

use std::fs;
use std::thread;

use super::sandbox::{Sandbox, requirements, version_of, with_pip_and_uv};
use crate::requirements::{InstallErrorKind, Preference, Python, Settings, Store};

with_pip_and_uv!(
    servers_that_share_a_directory_do_the_work_once,
    an_incomplete_environment_is_created_again,
    a_directory_that_cannot_be_used_is_an_error,
    a_server_sees_what_another_server_has_installed_over_its_own_version,
    a_forced_installation_has_a_new_folder,
);

fn servers_that_share_a_directory_do_the_work_once(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    let stores = [sandbox.store(), sandbox.store(), sandbox.store()];
    thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| store.install(&requirements(&["tiny"]), false).unwrap());
        }
    });
    assert!(stores.iter().all(|store| store.is_installed("tiny")));
    assert_eq!((sandbox.made_wheels(), sandbox.installed()), (1, 1));
    assert_eq!(version_of(&stores[0], "tiny").as_deref(), Some("1.0"));
    assert!(
        sandbox.store().is_installed("tiny"),
        "a server that starts later knows the installation"
    );

    // A server notices that another one has replaced its version, and installs it again.
    sandbox.wheel("tiny", "0.9", &[]);
    stores[1]
        .install(&requirements(&["tiny==0.9"]), false)
        .unwrap();
    stores[0]
        .install(&requirements(&["tiny==1.0"]), false)
        .unwrap();
    assert_eq!(version_of(&stores[0], "tiny").as_deref(), Some("1.0"));
    assert!(!stores[0].is_installed("tiny==0.9"));
}

fn an_incomplete_environment_is_created_again(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    let store = sandbox.store();
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

fn a_directory_that_cannot_be_used_is_an_error(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    let file = sandbox.home();
    fs::write(&file, "").unwrap();
    let error = sandbox
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
    let store = Store::new(file, nowhere, Settings::default(), Box::new(|_, _| {}));
    let error = store.install(&requirements(&["tiny"]), false).unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Environment);
    assert!(error.to_string().contains("PythonExecutable"), "{error}");
}

fn a_server_sees_what_another_server_has_installed_over_its_own_version(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    sandbox.wheel("tiny", "2.0", &[]);
    let (first, second) = (sandbox.store(), sandbox.store());
    first.install(&requirements(&["tiny==1.0"]), false).unwrap();
    assert!(second.is_installed("tiny==1.0"));
    second
        .install(&requirements(&["tiny==2.0"]), false)
        .unwrap();

    assert!(!first.is_installed("tiny==1.0"));
    assert!(first.is_installed("tiny==2.0"));
    first.install(&requirements(&["tiny==1.0"]), false).unwrap();
    assert!(first.is_installed("tiny==1.0"));
    assert!(!second.is_installed("tiny==2.0"));
    assert_eq!(version_of(&second, "tiny").as_deref(), Some("1.0"));
}

fn a_forced_installation_has_a_new_folder(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    let store = sandbox.store();
    let mut before = None;
    for force in [false, true, true] {
        store.install(&requirements(&["tiny"]), force).unwrap();
        let row = store.row("tiny").unwrap();
        assert!(row.path.join(&row.wheels[0]).exists());
        assert_ne!(before.replace(row.path.clone()), Some(row.path));
        assert_eq!(sandbox.kept_folders(), 1);
    }
}
