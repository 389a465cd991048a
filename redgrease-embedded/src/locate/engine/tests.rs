//! The order of the places, and what is said of places that are passed by.

use super::*;
use crate::testing::program;
use std::fs;
use tempfile::TempDir;

/// Empty places below a temporary directory.
fn places() -> (TempDir, Places) {
    let root = tempfile::tempdir().unwrap();
    let dir = |name: &str| root.path().join(name);
    let places = Places {
        user: Some(dir("user")),
        pythons: vec![dir("venv/bin/python"), dir("bin/python3")],
        system: dir("system"),
    };
    (root, places)
}

fn write(path: &Path, text: &str) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    path.to_owned()
}

/// A folder of installed files with an engine of this version.
fn install(dir: &Path, version: &str) -> PathBuf {
    let marker = format!("\0redgrease-engine interface=1 python=3.12 version={version};\0");
    write(&dir.join("redgrease-engine-3.12.so"), &marker);
    write(&dir.join("redgrease.so"), "loader")
}

fn install_wheel(python: &Path, dir: &Path) -> PathBuf {
    let loader = install(dir, "99.0.0");
    let text = format!(
        "echo 'python={}'\necho version=3.12\necho 'engine={}'",
        python.display(),
        loader.display()
    );
    fs::create_dir_all(python.parent().unwrap()).unwrap();
    program(python, &text);
    loader
}

#[test]
fn the_places_are_searched_in_order() {
    let (root, places) = places();
    let found = |places: &Places| places.find(None).unwrap();
    // From the last place to the first: each hides the places behind it.
    let system = install(&places.system, "99.0.0");
    assert_eq!(found(&places), Engine::without_python(system));
    for (python, folder) in places.pythons.iter().zip(["lib1", "lib2"]).rev() {
        let library = install_wheel(python, &root.path().join(folder));
        let engine = Engine {
            library,
            python: Some(python.clone()),
        };
        assert_eq!(found(&places), engine);
    }
    let user = install(places.user.as_ref().unwrap(), "99.0.0");
    assert_eq!(found(&places), Engine::without_python(user));
}

#[test]
fn the_target_directories_are_searched_in_order() {
    let root = tempfile::tempdir().unwrap();
    let targets = ["one/target", "two/target"].map(|dir| root.path().join(dir));
    let built = |targets: &[PathBuf]| built(targets, None).ok();
    assert_eq!(built(&targets), None);
    for (target, profile) in [(1, "debug"), (1, "release"), (0, "debug"), (0, "release")] {
        let dir = targets[target].join(profile);
        // A loader without an engine starts nothing.
        let loader = write(&dir.join(library::built_name("loader")), "");
        assert_ne!(built(&targets).as_ref(), Some(&loader));
        let engine = write(&dir.join(library::built_name("engine")), "");
        assert_eq!(built(&targets).as_ref(), Some(&loader));
        fs::remove_file(&loader).unwrap();
        assert_eq!(built(&targets).as_ref(), Some(&engine));
    }
}

#[test]
fn a_place_that_cannot_be_used_is_passed_by_with_a_reason() {
    let (root, places) = places();
    let user = places.user.clone().unwrap();
    let loader = install(&user, "0.0.9");
    let reasons = || missing(&places.find(None).unwrap_err()).to_string();
    let said = reasons();
    assert!(
        said.contains("has version 0.0.9, and this crate needs"),
        "{said}"
    );
    let engine = user.join("redgrease-engine-3.12.so");
    fs::write(&engine, "\u{7f}ELF of something else").unwrap();
    let said = reasons();
    assert!(
        said.contains("redgrease-engine-3.12.so is not a whole engine"),
        "{said}"
    );
    fs::remove_file(&engine).unwrap();
    let said = reasons();
    assert!(
        said.contains("redgrease.so has no engine beside it"),
        "{said}"
    );
    fs::remove_file(&loader).unwrap();
    std::os::unix::fs::symlink("/no/such", &loader).unwrap();
    let said = reasons();
    assert!(
        said.contains("redgrease.so cannot be read (No such file"),
        "{said}"
    );
    fs::remove_file(&loader).unwrap();
    fs::create_dir(&loader).unwrap();
    let said = reasons();
    assert!(said.contains("redgrease.so is not a file"), "{said}");

    // Like a folder that the user may not enter, which root may.
    fs::remove_dir_all(&user).unwrap();
    std::os::unix::fs::symlink(&user, &user).unwrap();
    let said = reasons();
    assert!(
        said.contains("user/redgrease.so cannot be read ("),
        "{said}"
    );

    fs::remove_file(&user).unwrap();

    let half = root.path().join("half");
    install_wheel(&places.pythons[0], &half);
    fs::remove_file(half.join("redgrease-engine-3.12.so")).unwrap();
    let said = reasons();
    assert!(
        said.contains("bin/python: ") && said.contains("half/redgrease.so has no"),
        "{said}"
    );
    // What is installed already stays as it is if it is only installed.
    assert!(
        said.ends_with("`pip install --force-reinstall redgrease-engine`"),
        "{said}"
    );
    // The next place counts.
    let system = install(&places.system, "99.0.0");
    assert_eq!(places.find(None).unwrap(), Engine::without_python(system));
}

#[test]
fn the_error_names_each_place_and_two_commands() {
    let (root, places) = places();
    let targets = ["one/target", "two/target"].map(|dir| root.path().join(dir));
    let mut passed = built(&targets, None).unwrap_err();
    passed.extend(places.find(None).unwrap_err());
    let error = missing(&passed);
    assert_eq!(error.kind(), ErrorKind::NoEngine);
    let said = error.to_string();
    for part in [
        "one/target",
        "two/target",
        "user",
        "venv/bin/python",
        "bin/python3",
        "system",
    ] {
        let part = root.path().join(part);
        assert!(
            said.contains(&part.display().to_string()),
            "{part:?}: {said}"
        );
    }
    for part in [
        "`redgrease engine install`",
        "`pip install redgrease-engine`",
        "`cargo xtask install`",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains('\n'), "{said}");
}

/// The Python that a module argument names.
fn wanted(python: &str) -> Option<Wanted> {
    Wanted::new(Some(&python.into()))
}

#[test]
fn a_place_without_an_engine_for_the_wanted_python_is_passed_by() {
    let (root, places) = places();
    let user = install(places.user.as_ref().unwrap(), "99.0.0");
    let found = |python: &str| places.find(wanted(python).as_ref());
    assert_eq!(found("3.12"), Ok(Engine::without_python(user.clone())));
    // A Python whose version nobody knows is left to the loader.
    assert_eq!(found("/no/such"), Ok(Engine::without_python(user)));
    let said = missing(&found("python3.11").unwrap_err()).to_string();
    let reason = "user: made for Python 3.12, and the module argument Python names python3.11;";
    assert!(said.contains(reason), "{said}");
    assert!(
        said.contains("an engine for Python 3.11 with `pip install redgrease-engine`"),
        "{said}"
    );
    // Each later place counts, and one with an engine for another Python does not.
    let dir = root.path().join("wheel");
    install_wheel(&places.pythons[0], &dir);
    assert!(found("3.11").is_err());
    let engine = dir.join("redgrease-engine-3.12.so");
    fs::rename(&engine, dir.join("redgrease-engine-3.11.so")).unwrap();
    let library = found("3.11").unwrap().library;
    assert_eq!(library, dir.join("redgrease.so"));
}

#[test]
fn a_wheel_without_an_engine_for_its_own_python_is_passed_by() {
    let (root, places) = places();
    let dir = root.path().join("wheel");
    install_wheel(&places.pythons[0], &dir);
    let engine = dir.join("redgrease-engine-3.12.so");
    fs::rename(&engine, dir.join("redgrease-engine-3.9.so")).unwrap();
    let said = missing(&places.find(None).unwrap_err()).to_string();
    let reason = format!(
        "is Python 3.12, and the engines in {} are for 3.9",
        dir.display()
    );
    assert!(said.contains(&reason), "{said}");
    assert!(said.contains("use a virtual environment of"), "{said}");
}

#[test]
fn a_target_directory_for_another_python_is_passed_by() {
    let root = tempfile::tempdir().unwrap();
    let targets = [root.path().to_owned()];
    let build = |profile: &str, minor: u32| {
        let dir = root.path().join(profile);
        let marker = format!("=redgrease-engine interface=1 python=3.{minor} version=0.1.0;\0");
        write(&dir.join(library::built_name("engine")), &marker);
        write(&dir.join(library::built_name("loader")), "")
    };
    let release = build("release", 11);
    let found = |python: &str| built(&targets, wanted(python).as_ref());
    assert_eq!(found("3.11"), Ok(release.clone()));
    let said = missing(&found("3.12").unwrap_err()).to_string();
    assert!(
        said.contains("release: made for Python 3.11, and"),
        "{said}"
    );
    let debug = build("debug", 12);
    assert_eq!(found("3.12"), Ok(debug));
    // An engine alone runs the Python that it was linked with.
    fs::remove_file(&release).unwrap();
    let engine = release.with_file_name(library::built_name("engine"));
    assert_eq!(found("3.12"), Ok(engine));
}

#[test]
fn the_engine_that_will_run_is_checked_and_every_one_if_that_is_not_known() {
    let (_root, places) = places();
    let user = places.user.clone().unwrap();
    install(&user, "99.0.0");
    let old = "redgrease-engine interface=1 python=3.11 version=0.0.9;";
    write(&user.join("redgrease-engine-3.11.so"), old);
    assert!(places.find(wanted("3.12").as_ref()).is_ok());
    for python in [wanted("3.11"), None] {
        let said = missing(&places.find(python.as_ref()).unwrap_err()).to_string();
        assert!(
            said.contains("redgrease-engine-3.11.so has version 0.0.9"),
            "{said}"
        );
        assert!(
            said.contains("install it again with `redgrease engine install`"),
            "{said}"
        );
    }
}

#[test]
fn an_engine_of_a_wheel_that_is_named_leads_to_its_loader() {
    let root = tempfile::tempdir().unwrap();
    let loader = install(root.path(), "99.0.0");
    assert!(named(&loader, "REDGREASE_ENGINE").is_ok());
    let engine = root.path().join("redgrease-engine-3.12.so");
    let said = named(&engine, "REDGREASE_ENGINE").unwrap_err().to_string();
    assert!(said.contains("an engine for one Python"), "{said}");
    assert!(said.ends_with("/redgrease.so"), "{said}");
}

#[test]
fn an_environment_whose_python_was_removed_is_named_and_no_other_wheel_is_taken() {
    let (root, mut places) = places();
    let venv = root.path().join("venv");
    fs::create_dir_all(venv.join("bin")).unwrap();
    std::os::unix::fs::symlink("/opt/removed/python3", venv.join("bin/python")).unwrap();
    places.pythons.remove(0);
    let other = install_wheel(&places.pythons[0], &root.path().join("wheel"));
    let active = Wanted::active(&venv);
    let said = missing(&places.find(Some(&active)).unwrap_err()).to_string();
    assert!(
        said.contains("venv/bin/python: is a link to /opt/removed/python3, which cannot be run"),
        "{said}"
    );
    assert!(said.ends_with("again, or unset VIRTUAL_ENV"), "{said}");
    // The same if the environment was removed as a whole.
    let gone = Wanted::active(&root.path().join("gone"));
    let said = missing(&places.find(Some(&gone)).unwrap_err()).to_string();
    assert!(said.contains("gone/bin/python: does not exist"), "{said}");
    // The Python of the environment does not run if another one is named.
    assert_eq!(places.find(wanted("3.12").as_ref()).unwrap().library, other);
}
