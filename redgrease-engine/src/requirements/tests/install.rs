//! Installations by one server.

use std::fs;

use super::sandbox::{Sandbox, requirements, version_of, with_pip_and_uv};
use crate::requirements::{InstallErrorKind, Preference};

with_pip_and_uv!(
    a_package_and_its_dependencies_are_installed_and_kept,
    failures_are_reported_with_the_output_of_the_installer,
    redgrease_gets_a_compatible_redis_py,
);

fn a_package_and_its_dependencies_are_installed_and_kept(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &["needed>=1"]);
    sandbox.wheel("needed", "1.5", &[]);
    let store = sandbox.store();
    assert!(!store.site_packages().exists());
    assert!(!store.is_installed("Tiny==1.0"));

    store
        .install(&requirements(&["Tiny==1.0", "tiny == 1.0"]), false)
        .unwrap();

    assert!(store.is_installed("Tiny==1.0"));
    assert!(store.is_installed("tiny == 1.0"), "spellings are the same");
    assert!(!store.is_installed("tiny"), "versions are not");
    assert!(store.site_packages().join("tiny/__init__.py").exists());
    let rows = store.rows();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].name, "Tiny==1.0");
    assert!(rows[0].is_downloaded && rows[0].is_installed);
    assert_eq!(
        rows[0].wheels,
        ["needed-1.5-py3-none-any.whl", "tiny-1.0-py3-none-any.whl"]
    );
    assert!(rows[0].path.join(&rows[0].wheels[0]).exists());
    assert_eq!(
        rows[0].compiled_os.split('-').count(),
        3,
        "{}",
        rows[0].compiled_os
    );
    assert!(
        !sandbox.logged("secret"),
        "{:?}",
        sandbox.log.lock().unwrap()
    );
    if installer == Preference::Pip {
        assert!(sandbox.logged("****@127.0.0.1"));
    }

    // The second installation runs nothing.
    store.install(&requirements(&["Tiny==1.0"]), false).unwrap();
    assert_eq!((sandbox.made_wheels(), sandbox.installed()), (1, 1));

    // A removed environment is restored from the kept wheels alone.
    fs::remove_dir_all(sandbox.packages()).unwrap();
    fs::remove_dir_all(store.interpreter().parent().unwrap().parent().unwrap()).unwrap();
    let store = sandbox.store();
    assert!(!store.is_installed("Tiny==1.0"));
    assert_eq!(store.rows().len(), 1);
    store.install(&requirements(&["Tiny==1.0"]), false).unwrap();
    assert!(store.is_installed("Tiny==1.0"));
    assert_eq!(version_of(&store, "needed").as_deref(), Some("1.5"));

    // A forced installation downloads the package. That fails now, and changes nothing.
    let error = store
        .install(&requirements(&["Tiny==1.0"]), true)
        .unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Failed);
    assert!(store.is_installed("Tiny==1.0"));
    assert_eq!(store.rows().len(), 1);
}

fn failures_are_reported_with_the_output_of_the_installer(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel("tiny", "1.0", &[]);
    sandbox.wheel("tiny", "2.0", &[]);
    let store = sandbox.store();

    let error = store
        .install(&requirements(&["tiny==9.9"]), false)
        .unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Failed);
    let text = error.to_string();
    let words = match installer {
        Preference::Uv => "there is no version of tiny==9.9",
        _ => "No matching distribution found for tiny==9.9",
    };
    assert!(text.contains(words), "{text}");
    assert!(error.lines().iter().all(|line| !line.contains('\n')));
    assert_eq!(
        sandbox.made_wheels(),
        1,
        "the installer runs once, because the failure is final"
    );
    assert!(!store.is_installed("tiny==9.9"));
    assert!(store.rows().is_empty());
    assert_eq!(sandbox.kept_folders(), 0);

    // These texts are refused before pip runs.
    let runs = sandbox.log.lock().unwrap().len();
    for bad in ["--index-url=http://127.0.0.1:9", "-rfile", ""] {
        let error = store
            .install(&requirements(&["tiny", bad]), false)
            .unwrap_err();
        assert_eq!(error.kind(), InstallErrorKind::Refused, "{bad}");
    }
    assert_eq!(sandbox.log.lock().unwrap().len(), runs);

    // Two versions of one package conflict in one installation.
    let error = store
        .install(&requirements(&["tiny==1.0", "tiny==2.0"]), false)
        .unwrap_err();
    let words = match installer {
        Preference::Uv => "your requirements are unsatisfiable",
        _ => "conflict",
    };
    assert!(error.to_string().contains(words), "{error}");
    assert!(!store.is_installed("tiny==1.0") && !store.is_installed("tiny==2.0"));

    // In two installations the last version wins, and the log reports the replacement.
    store.install(&requirements(&["tiny==1.0"]), false).unwrap();
    store.install(&requirements(&["tiny==2.0"]), false).unwrap();
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("2.0"));
    assert!(store.is_installed("tiny==2.0") && !store.is_installed("tiny==1.0"));
    assert!(sandbox.logged("`tiny==1.0` was replaced"));

    // A requirement that is satisfied already changes no version.
    store.install(&requirements(&["tiny>=1"]), false).unwrap();
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("2.0"));

    // A requirement for another system installs nothing and succeeds.
    let elsewhere = "absent; sys_platform == 'nowhere'";
    store.install(&requirements(&[elsewhere]), false).unwrap();
    assert!(store.is_installed(elsewhere));
}

fn redgrease_gets_a_compatible_redis_py(installer: Preference) {
    let sandbox = Sandbox::new(installer);
    sandbox.wheel(
        "redgrease",
        "0.3.30",
        &["redis>=3", "extra; extra == 'runtime'"],
    );
    sandbox.wheel("extra", "1.0", &["redis"]);
    sandbox.wheel("redis", "3.5.3", &[]);
    sandbox.wheel("redis", "5.0", &[]);
    let store = sandbox.store();
    store.install(&requirements(&["redis"]), false).unwrap();
    assert_eq!(version_of(&store, "redis").as_deref(), Some("5.0"));

    store
        .install(&requirements(&["RedGrease[runtime]"]), false)
        .unwrap();

    assert_eq!(version_of(&store, "redis").as_deref(), Some("3.5.3"));
    assert_eq!(version_of(&store, "extra").as_deref(), Some("1.0"));
    let wheels = store.row("RedGrease[runtime]").unwrap().wheels;
    assert!(
        wheels.contains(&"redis-3.5.3-py3-none-any.whl".to_owned()),
        "{wheels:?}"
    );

    // Any version of `redis` keeps `redgrease` usable. A newer version by name takes precedence.
    store.install(&requirements(&["redis"]), false).unwrap();
    assert_eq!(version_of(&store, "redis").as_deref(), Some("3.5.3"));
    assert!(store.is_installed("redis") && store.is_installed("RedGrease[runtime]"));
    store.install(&requirements(&["redis>=4"]), false).unwrap();
    assert_eq!(version_of(&store, "redis").as_deref(), Some("5.0"));
}
