//! One server installing.

use std::fs;

use super::bench::{Bench, requirements, version_of};
use crate::requirements::InstallErrorKind;

#[test]
fn a_package_and_what_it_needs_is_installed_and_kept() {
    let bench = Bench::new();
    bench.wheel("tiny", "1.0", &["needed>=1"]);
    bench.wheel("needed", "1.5", &[]);
    let store = bench.store();
    assert!(!store.site_packages().exists());
    assert!(!store.is_installed("Tiny==1.0"));

    store
        .install(&requirements(&["Tiny==1.0", "Tiny==1.0"]), false)
        .unwrap();

    assert!(store.is_installed("Tiny==1.0"));
    assert!(
        !store.is_installed("tiny==1.0"),
        "only the exact text counts"
    );
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
    assert!(!bench.logged("secret"), "{:?}", bench.log.lock().unwrap());
    assert!(bench.logged("****@127.0.0.1"));

    // Again: nothing runs.
    store.install(&requirements(&["Tiny==1.0"]), false).unwrap();
    assert_eq!((bench.runs("wheel"), bench.runs("install")), (1, 1));

    // A lost environment comes back from the kept wheels alone.
    fs::remove_dir_all(bench.packages()).unwrap();
    fs::remove_dir_all(store.interpreter().parent().unwrap().parent().unwrap()).unwrap();
    let store = bench.store();
    assert!(!store.is_installed("Tiny==1.0"));
    assert_eq!(store.rows().len(), 1);
    store.install(&requirements(&["Tiny==1.0"]), false).unwrap();
    assert!(store.is_installed("Tiny==1.0"));
    assert_eq!(version_of(&store, "needed").as_deref(), Some("1.5"));

    // Forced, it must be fetched, which fails now and leaves all as it was.
    let error = store
        .install(&requirements(&["Tiny==1.0"]), true)
        .unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Pip);
    assert!(store.is_installed("Tiny==1.0"));
    assert_eq!(store.rows().len(), 1);
}

#[test]
fn what_cannot_be_installed_is_said_in_the_words_of_pip() {
    let bench = Bench::new();
    bench.wheel("tiny", "1.0", &[]);
    bench.wheel("tiny", "2.0", &[]);
    let store = bench.store();

    let error = store
        .install(&requirements(&["tiny==9.9"]), false)
        .unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Pip);
    let text = error.to_string();
    assert!(
        text.contains("No matching distribution found for tiny==9.9"),
        "{text}"
    );
    assert!(error.lines().iter().all(|line| !line.contains('\n')));
    assert_eq!(
        bench.runs("wheel"),
        1,
        "a final answer is not asked for again"
    );
    assert!(!store.is_installed("tiny==9.9"));
    assert!(store.rows().is_empty());
    assert_eq!(bench.kept_folders(), 0);

    // Refused before anything runs.
    let runs = bench.log.lock().unwrap().len();
    for bad in ["--index-url=http://127.0.0.1:9", "-rfile", ""] {
        let error = store
            .install(&requirements(&["tiny", bad]), false)
            .unwrap_err();
        assert_eq!(error.kind(), InstallErrorKind::Refused, "{bad}");
    }
    assert_eq!(bench.log.lock().unwrap().len(), runs);

    // Two that do not go together.
    let error = store
        .install(&requirements(&["tiny==1.0", "tiny==2.0"]), false)
        .unwrap_err();
    assert!(error.to_string().contains("conflict"), "{error}");
    assert!(!store.is_installed("tiny==1.0") && !store.is_installed("tiny==2.0"));

    // One after the other they do: the last one decides, and the log says so.
    store.install(&requirements(&["tiny==1.0"]), false).unwrap();
    store.install(&requirements(&["tiny==2.0"]), false).unwrap();
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("2.0"));
    assert!(store.is_installed("tiny==2.0") && !store.is_installed("tiny==1.0"));
    assert!(bench.logged("`tiny==1.0` was replaced"));

    // What is satisfied already needs no other version.
    store.install(&requirements(&["tiny>=1"]), false).unwrap();
    assert_eq!(version_of(&store, "tiny").as_deref(), Some("2.0"));

    // Nothing to install on this system is no failure.
    let elsewhere = "absent; sys_platform == 'nowhere'";
    store.install(&requirements(&[elsewhere]), false).unwrap();
    assert!(store.is_installed(elsewhere));
}

#[test]
fn redgrease_gets_a_client_that_it_can_use() {
    let bench = Bench::new();
    bench.wheel(
        "redgrease",
        "0.3.30",
        &["redis>=3", "extra; extra == 'runtime'"],
    );
    bench.wheel("extra", "1.0", &["redis"]);
    bench.wheel("redis", "3.5.3", &[]);
    bench.wheel("redis", "5.0", &[]);
    let store = bench.store();
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

    // It stays usable when somebody asks for any redis-py, until somebody asks for a newer one.
    store.install(&requirements(&["redis"]), false).unwrap();
    assert_eq!(version_of(&store, "redis").as_deref(), Some("3.5.3"));
    assert!(store.is_installed("redis") && store.is_installed("RedGrease[runtime]"));
    store.install(&requirements(&["redis>=4"]), false).unwrap();
    assert_eq!(version_of(&store, "redis").as_deref(), Some("5.0"));
}
