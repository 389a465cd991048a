//! The kept wheels and the record of each requirement.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::requirements::canonical;
use crate::requirements::site::{Site, project_of_wheel};
use crate::requirements::wheelhouse::Wheelhouse;

const SIX: &str = "six==1.16.0";

/// A `site-packages` directory with these `.dist-info` directories.
fn site(packages: &[&str]) -> Site {
    let directory = TempDir::new().unwrap();
    for package in packages {
        fs::create_dir(directory.path().join(format!("{package}.dist-info"))).unwrap();
    }
    Site::read(directory.path())
}

/// Keeps a requirement with these wheels.
fn keep(wheelhouse: &Wheelhouse, requirement: &str, wheels: &[&str], site: &Site) {
    let staged = wheelhouse.stage(requirement).unwrap();
    for wheel in wheels {
        fs::write(staged.join(wheel), "").unwrap();
    }
    wheelhouse.keep(requirement, &staged, site).unwrap();
}

fn is_installed(wheelhouse: &Wheelhouse, requirement: &str, packages: &[&str]) -> bool {
    wheelhouse.read(&site(packages))[&canonical(requirement)].is_installed
}

#[test]
fn a_site_lists_projects_by_normalised_name() {
    let site = site(&["Foo_Bar-1.0", "zope.interface-5.4.0", "no_version"]);
    assert_eq!(site.version("foo-bar"), Some("1.0"));
    assert_eq!(site.version("zope-interface"), Some("5.4.0"));
    assert_eq!(site.version("Foo_Bar"), None);
    assert_eq!(site.version("no-version"), None);
    assert_eq!(Site::read(Path::new("/nonexistent")), Site::default());
}

#[test]
fn only_dist_info_directories_count_as_packages() {
    let directory = TempDir::new().unwrap();
    for name in ["six", "six-1.0.egg-info", "__pycache__"] {
        fs::create_dir(directory.path().join(name)).unwrap();
    }
    assert_eq!(Site::read(directory.path()), Site::default());
}

#[test]
fn the_project_of_a_wheel_is_normalised() {
    for (file, expected) in [
        ("six-1.16.0-py2.py3-none-any.whl", Some("six")),
        ("Foo_Bar-1.0-py3-none-any.whl", Some("foo-bar")),
        ("six-1.16.0.tar.gz", None),
        ("six.whl", None),
        ("record", None),
    ] {
        assert_eq!(project_of_wheel(file).as_deref(), expected, "{file}");
    }
}

#[test]
fn the_folder_of_a_requirement_does_not_change() {
    let wheelhouse = Wheelhouse::new("/wheels".into());
    let folder = |requirement: &str| wheelhouse.folder(requirement);
    assert_eq!(folder(SIX), Path::new("/wheels/six-7a918a9a40297221"));
    assert_eq!(
        folder("https://joe:secret@host/x.whl"),
        Path::new("/wheels/address-afdf4be382d2e228")
    );
    assert_eq!(folder("six"), folder("Six "));
    assert_ne!(folder("six"), folder("six[a]"));
    let long = folder(&"a".repeat(4096));
    assert!(long.file_name().unwrap().len() <= 64);
}

#[test]
fn a_kept_requirement_is_read_again() {
    let directory = TempDir::new().unwrap();
    let wheelhouse = Wheelhouse::new(directory.path().to_owned());
    let packages = ["six-1.16.0", "needed-1.0"];
    let wheels = [
        "six-1.16.0-py2.py3-none-any.whl",
        "needed-1.0-py3-none-any.whl",
    ];
    assert!(!wheelhouse.holds(SIX));
    keep(&wheelhouse, SIX, &wheels, &site(&packages));
    assert!(wheelhouse.holds(SIX));
    assert!(wheelhouse.holds("Six == 1.16"));
    assert!(!wheelhouse.holds("six==1.16.1"));

    let mut kept = wheelhouse.read(&site(&packages));
    assert_eq!(kept.len(), 1);
    let requirement = kept.remove(&canonical(SIX)).unwrap();
    assert_eq!(requirement.name, SIX);
    assert!(requirement.is_downloaded && requirement.is_installed);
    assert_eq!(requirement.wheels, [wheels[1], wheels[0]]);
    assert_eq!(requirement.path, wheelhouse.folder(SIX));
}

#[test]
fn a_requirement_that_is_kept_again_has_one_folder() {
    let directory = TempDir::new().unwrap();
    let wheelhouse = Wheelhouse::new(directory.path().to_owned());
    let wheels = ["six-1.16.0-py2.py3-none-any.whl"];
    let packages = site(&["six-1.16.0"]);
    keep(&wheelhouse, SIX, &wheels, &packages);
    // An older engine has given the folder another name.
    let older = directory.path().join("six-0123456789abcdef");
    fs::rename(wheelhouse.folder(SIX), &older).unwrap();
    assert!(is_installed(&wheelhouse, SIX, &["six-1.16.0"]));
    for _ in 0..3 {
        keep(&wheelhouse, "Six == 1.16", &wheels, &packages);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(wheelhouse.holds(SIX));
    }
    assert!(!older.exists());
}

#[test]
fn a_requirement_is_installed_while_its_projects_are() {
    let directory = TempDir::new().unwrap();
    let wheelhouse = Wheelhouse::new(directory.path().to_owned());
    let wheels = [
        "six-1.16.0-py2.py3-none-any.whl",
        "needed-1.0-py3-none-any.whl",
        "elsewhere-1.0-py3-none-any.whl",
    ];
    // `elsewhere` has a wheel, but is not installed.
    keep(
        &wheelhouse,
        SIX,
        &wheels,
        &site(&["six-1.16.0", "needed-1.0"]),
    );

    assert!(is_installed(
        &wheelhouse,
        SIX,
        &["six-1.16.0", "needed-1.0"]
    ));
    assert!(
        is_installed(&wheelhouse, SIX, &["six-1.16.0", "needed-2.0"]),
        "any version of a dependency is sufficient"
    );
    assert!(!is_installed(
        &wheelhouse,
        SIX,
        &["six-1.15.0", "needed-1.0"]
    ));
    assert!(!is_installed(&wheelhouse, SIX, &["six-1.16.0"]));
    assert!(!is_installed(&wheelhouse, SIX, &[]));

    // `renew` records the version that is installed now.
    let now = site(&["six-1.15.0", "needed-1.0"]);
    wheelhouse.renew(SIX, &now).unwrap();
    assert!(is_installed(
        &wheelhouse,
        SIX,
        &["six-1.15.0", "needed-1.0"]
    ));
}

#[test]
fn keeping_a_requirement_again_replaces_its_wheels() {
    let directory = TempDir::new().unwrap();
    let wheelhouse = Wheelhouse::new(directory.path().to_owned());
    for version in ["1.0", "2.0"] {
        let wheel = format!("six-{version}-py3-none-any.whl");
        let package = format!("six-{version}");
        keep(&wheelhouse, "six", &[&wheel], &site(&[&package]));
    }
    let requirement = &wheelhouse.read(&site(&["six-2.0"]))["six"];
    assert_eq!(requirement.wheels, ["six-2.0-py3-none-any.whl"]);
    assert!(requirement.is_installed);
}

#[test]
fn staged_folders_are_empty_and_are_swept() {
    let directory = TempDir::new().unwrap();
    let wheelhouse = Wheelhouse::new(directory.path().to_owned());
    keep(
        &wheelhouse,
        "kept",
        &["kept-1-py3-none-any.whl"],
        &site(&[]),
    );
    let staged = wheelhouse.stage(SIX).unwrap();
    fs::write(staged.join("rest"), "").unwrap();
    let staged = wheelhouse.stage(SIX).unwrap();
    assert_eq!(fs::read_dir(&staged).unwrap().count(), 0);
    assert!(!wheelhouse.holds(SIX));
    assert_eq!(wheelhouse.read(&site(&[])).len(), 1);

    wheelhouse.sweep();
    assert!(!staged.exists());
    assert!(wheelhouse.holds("kept"));
}

#[test]
fn damaged_records_are_ignored() {
    let directory = TempDir::new().unwrap();
    let wheelhouse = Wheelhouse::new(directory.path().to_owned());
    keep(&wheelhouse, SIX, &[], &site(&["six-1.16.0"]));
    let record = wheelhouse.folder(SIX).join("record");
    let whole = fs::read_to_string(&record).unwrap();
    assert!(whole.contains("project six 1.16.0\n"), "{whole}");
    for damaged in [
        "",
        "redgrease requirement 2\nname six==1.16.0\n",
        "redgrease requirement 1\n",
        "redgrease requirement 1\nsix==1.16.0\n",
        "redgrease requirement 1\nname six==1.16.0\nproject six\n",
        "redgrease requirement 1\nname another\n",
    ] {
        fs::write(&record, damaged).unwrap();
        assert!(!wheelhouse.holds(SIX), "{damaged:?}");
    }
    // Lines of a later version of the engine do not matter.
    fs::write(&record, whole + "later x\n").unwrap();
    assert!(wheelhouse.holds(SIX));
}
