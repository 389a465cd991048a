//! A packages directory that is damaged, or whose Python is gone, and an index that does not answer.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::sandbox::{Sandbox, python_for, requirements, version_of, with_pip_and_uv};
use crate::requirements::{InstallErrorKind, Preference};

with_pip_and_uv!(
    an_environment_is_made_again_when_its_python_is_gone_or_another_one,
    an_environment_outlives_a_python_that_is_missing_for_a_moment,
    an_environment_that_is_made_again_has_all_packages,
    a_damaged_wheel_is_made_again,
    a_directory_that_was_removed_is_made_again,
    an_index_that_does_not_answer_changes_nothing,
    an_address_is_installed_from_its_kept_wheel,
);

fn an_environment_is_made_again_when_its_python_is_gone_or_another_one(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    let store = sandbox.store();
    store.install(&requirements(&["tiny"]), false).unwrap();
    // The kept wheels are sufficient.
    fs::remove_dir_all(sandbox.packages()).unwrap();
    let interpreter = store.interpreter();

    // The Python was removed while the server was down.
    fs::remove_file(&interpreter).unwrap();
    symlink("/nonexistent/python3", &interpreter).unwrap();
    let store = sandbox.store();
    assert!(!store.is_installed("tiny"));
    store.install(&requirements(&["tiny"]), false).unwrap();
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("1.0"));

    // The Python of the system was replaced by another version.
    let other = sandbox.home().join("other-python");
    fs::write(&other, "#!/bin/sh\necho Python 3.99.0\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(&interpreter).unwrap();
    symlink(&other, &interpreter).unwrap();
    store
        .install(&requirements(&["tiny>=1"]), false)
        .unwrap_err();
    assert!(sandbox.logged("runs `Python 3.99.0` in place of Python 3"));
    // That installation failed, and what was in the environment is installed again.
    assert!(store.is_installed("tiny"));
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("1.0"));

    // The packages in it are those of another version.
    fs::remove_dir_all(store.site_packages()).unwrap();
    assert!(!store.is_installed("tiny"));
    store.install(&requirements(&["tiny"]), false).unwrap();
    assert!(store.is_installed("tiny"));
    assert_eq!(sandbox.made_wheels(), 2, "of `tiny`, and of `tiny>=1`");
}

fn an_environment_outlives_a_python_that_is_missing_for_a_moment(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    for name in ["tiny", "other", "late"] {
        sandbox.wheel(name, "1.0", &[]);
    }
    let bin = sandbox.home().join("base");
    let (base, gone) = (bin.join("python3"), bin.join("gone"));
    fs::create_dir_all(&bin).unwrap();
    let python = python_for(installer).executable;
    symlink(&python, &base).unwrap();
    // uv is looked for beside the Python.
    symlink(python.with_file_name("uv"), bin.join("uv")).unwrap();
    let store = sandbox.store_of_python(&base);
    store
        .install(&requirements(&["tiny", "other"]), false)
        .unwrap();
    let interpreter = store.interpreter();
    let real = fs::read_link(&interpreter).unwrap();
    let is_dangling = |is: bool| {
        fs::remove_file(&interpreter).unwrap();
        let target = if is {
            Path::new("/nonexistent/python3")
        } else {
            &real
        };
        symlink(target, &interpreter).unwrap();
    };
    for dangling in [false, true] {
        // The base is missing, or does not run.
        for broken in [false, true] {
            fs::rename(&base, &gone).unwrap();
            if broken {
                fs::write(&base, "#!/bin/sh\nexit 1\n").unwrap();
                fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).unwrap();
            }
            is_dangling(dangling);
            let error = store.install(&requirements(&["late"]), false).unwrap_err();
            assert_eq!(error.kind(), InstallErrorKind::Environment, "{error}");
            is_dangling(false);
            let _ = fs::remove_file(&base);
            fs::rename(&gone, &base).unwrap();
            assert!(sandbox.venv().exists() && !sandbox.venv_aside().exists());
            for name in ["tiny", "other"] {
                assert!(sandbox.store_of_python(&base).is_installed(name));
                assert_eq!(version_of(&store, name).as_deref(), Some("1.0"));
            }
        }
    }
    store.install(&requirements(&["late"]), false).unwrap();
    for name in ["tiny", "other", "late"] {
        assert_eq!(version_of(&store, name).as_deref(), Some("1.0"));
    }
}

fn an_environment_that_is_made_again_has_all_packages(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    for name in ["tiny", "other", "late"] {
        sandbox.wheel(name, "1.0", &[]);
    }
    let store = sandbox.store();
    store.install(&requirements(&["tiny"]), false).unwrap();
    store.install(&requirements(&["other"]), false).unwrap();
    let interpreter = store.interpreter();
    fs::remove_file(&interpreter).unwrap();
    symlink("/nonexistent/python3", &interpreter).unwrap();
    store.install(&requirements(&["late"]), false).unwrap();
    assert!(!sandbox.venv_aside().exists());
    for name in ["tiny", "other", "late"] {
        assert!(store.is_installed(name), "{name}");
        assert_eq!(version_of(&store, name).as_deref(), Some("1.0"));
    }
}

fn a_damaged_wheel_is_made_again(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    let store = sandbox.store();
    store.install(&requirements(&["tiny"]), false).unwrap();
    let hidden = sandbox.home().join("hidden");
    for damage in [&b"no archive"[..], b""] {
        let row = store.row("tiny").unwrap();
        fs::write(row.path.join(&row.wheels[0]), damage).unwrap();
        fs::remove_dir_all(sandbox.venv()).unwrap();

        // Without the package the error says so, and the requirement stays known.
        fs::rename(sandbox.packages(), &hidden).unwrap();
        store.install(&requirements(&["tiny"]), false).unwrap_err();
        assert!(sandbox.logged("the kept wheels cannot be installed, downloading new ones"));
        assert_eq!(store.rows().len(), 1);
        assert!(!store.is_installed("tiny"));
        fs::rename(&hidden, sandbox.packages()).unwrap();

        store.install(&requirements(&["tiny"]), false).unwrap();
        assert_eq!(version_of(&store, "tiny").as_deref(), Some("1.0"));
    }
}

fn a_directory_that_was_removed_is_made_again(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    let store = sandbox.store();
    store.install(&requirements(&["tiny"]), false).unwrap();
    fs::remove_dir_all(sandbox.home()).unwrap();
    assert!(!store.is_installed("tiny"));
    let error = store.export("tiny");
    assert_eq!(error, Ok(None), "nothing is kept");
    store.install(&requirements(&["tiny"]), false).unwrap();
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("1.0"));
    assert!(store.export("tiny").unwrap().is_some());
}

fn an_index_that_does_not_answer_changes_nothing(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    let before = sandbox.store();
    before.install(&requirements(&["tiny"]), false).unwrap();
    let folders = sandbox.kept_folders();

    let index = "--index-url=http://joe:secret@127.0.0.1:9/simple";
    let store = sandbox.store_with(installer, &[index, "--retries=1", "--timeout=1"]);
    let error = store
        .install(&requirements(&["tiny", "absent"]), false)
        .unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Network, "{error}");
    assert!(error.to_string().contains("absent"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(!sandbox.logged("secret"));
    assert!(store.is_installed("tiny"));
    assert_eq!(sandbox.kept_folders(), folders);
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("1.0"));
}

fn an_address_is_installed_from_its_kept_wheel(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    let file = sandbox.packages().join("tiny-1.0-py3-none-any.whl");
    let named = format!("tiny @ file://{}", file.display());
    let path = file.display().to_string();
    let store = sandbox.store();
    for requirement in [named.as_str(), path.as_str()] {
        store.install(&requirements(&[requirement]), false).unwrap();
        assert!(store.is_installed(requirement), "{requirement}");
    }
    fs::remove_dir_all(sandbox.packages()).unwrap();
    for requirement in [named.as_str(), path.as_str()] {
        fs::remove_dir_all(sandbox.venv()).unwrap();
        let store = sandbox.store();
        assert!(!store.is_installed(requirement), "{requirement}");
        store.install(&requirements(&[requirement]), false).unwrap();
        assert_eq!(version_of(&store, "tiny").as_deref(), Some("1.0"));
    }
}
