//! Parsing and merging of requirements.

use super::*;
use crate::commands::Requirement;
use std::fs;

fn merged(all: &[&str]) -> Result<Vec<String>, String> {
    let mut requirements = Requirements::new();
    for (i, one) in all.iter().enumerate() {
        requirements
            .add(one, format!("place {i}"))
            .map_err(|e| e.to_string())?;
    }
    Ok(requirements.to_strings())
}

#[test]
fn specifiers_are_parsed() {
    for (text, normal) in [
        ("Foo_Bar.baz", "foo-bar-baz"),
        ("six == 1.16.0", "six==1.16.0"),
        ("a[x, Y_z]~=1.2", "a[x,y-z]~=1.2"),
        ("a (>=1,<2)", "a>=1,<2"),
        ("a ; python_version < '3.9'", "a ; python_version < '3.9'"),
        ("a>=1;os_name=='nt'", "a>=1 ; os_name=='nt'"),
        (
            "a @ https://example.org/a.whl;x ; os_name=='nt'",
            "a @ https://example.org/a.whl;x ; os_name=='nt'",
        ),
        ("a===weird+1", "a===weird+1"),
        ("a==1.*", "a==1.*"),
    ] {
        let read: Specifier = text.parse().unwrap();
        assert_eq!(read.to_string(), normal, "{text}");
        assert_eq!(normal.parse::<Specifier>().unwrap(), read);
    }
    for text in [
        "", " ", "-e x", "./x", "a b", "a>", "a>=1,", "a[x", "a @", "a;", "é", "a=1", "a-",
        "a >= 1 2",
    ] {
        assert!(text.parse::<Specifier>().is_err(), "{text}");
    }
}

#[test]
fn requirements_for_the_same_package_are_merged() {
    assert_eq!(
        merged(&["Requests", "numpy"]).unwrap(),
        ["numpy", "Requests"]
    );
    assert_eq!(
        merged(&["requests>=2", "requests>=2"]).unwrap(),
        ["requests>=2"]
    );
    assert_eq!(
        merged(&["Foo.Bar>=2", "foo_bar[x]<3", "foo-bar>=2"]).unwrap(),
        ["foo-bar[x]>=2,<3"]
    );
    // The markers select different Python versions.
    let markers = [
        "a==1 ; python_version<'3.9'",
        "a==2 ; python_version>='3.9'",
    ];
    assert_eq!(merged(&markers).unwrap(), markers);
}

#[test]
fn conflicting_requirements_are_refused_with_both_places() {
    for pair in [
        ["a==1", "A==2"],
        ["a==1.0", "a>1"],
        ["a>=2", "a<2"],
        ["a~=1.4", "a==2.0"],
        ["a==1.*", "a==2.1"],
        ["a!=1", "a==1.0"],
        ["a @ https://example.org/1", "a==1"],
        ["a @ https://example.org/1", "a @ https://example.org/2"],
    ] {
        let error = merged(&pair).unwrap_err();
        assert!(
            error.contains("(place 0)") && error.contains("(place 1)"),
            "{error}"
        );
    }
    for pair in [
        ["a==1", "a==1.0.0"],
        ["a>=1", "a>=2"],
        ["a==1.4.2", "a~=1.4"],
        ["a>=1", "a<2"],
        ["a>=1rc1", "a<1"],
    ] {
        merged(&pair).unwrap();
    }
}

#[test]
fn files_are_read_as_pip_reads_them() {
    let folder =
        std::env::temp_dir().join(format!("redgrease-requirements-{}", std::process::id()));
    fs::create_dir_all(folder.join("more")).unwrap();
    let main = folder.join("requirements.txt");
    fs::write(
        &main,
        "# what we need\nrequests >= 2.30 # the web\n\n-r more/base.txt\r\nnumpy \\\n  ==1.26.4\nx @ https://example.org/x#egg=x\n",
    )
    .unwrap();
    fs::write(
        folder.join("more/base.txt"),
        "six\n--requirement=other.txt\n",
    )
    .unwrap();
    fs::write(folder.join("more/other.txt"), "attrs").unwrap();
    let read = Requirements::from_file(&main).unwrap();
    assert_eq!(
        read.to_strings(),
        [
            "attrs",
            "numpy   ==1.26.4",
            "requests >= 2.30",
            "six",
            "x @ https://example.org/x#egg=x"
        ]
    );

    let fails = |text: &str| {
        fs::write(&main, text).unwrap();
        Requirements::from_file(&main).unwrap_err().to_string()
    };
    for (text, expected) in [
        (
            "six\n-c constraints.txt",
            "requirements.txt:2: `-c` is an option for pip",
        ),
        (
            "--index-url=https://example.org/",
            "configuration of its pip",
        ),
        ("-e .", "build a package of it"),
        (
            "six==1.16.0 --hash=sha256:00",
            "`--hash` is an option for pip",
        ),
        ("six\n\na b", "requirements.txt:3: "),
        ("-r requirements.txt", "includes itself"),
        ("-r nowhere.txt", "nowhere.txt"),
        ("six==1\nsix==2", "requirements.txt:1) and `six==2`"),
    ] {
        let error = fails(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn missing_packages_are_found() {
    let package = |name: &str, is_installed| Requirement {
        name: name.to_owned(),
        is_installed,
        ..Requirement::default()
    };
    let installed = [
        package("six==1.16.0", true),
        package("Foo_Bar[x]==2.1", true),
        package("numpy", true),
        package("broken", false),
    ];
    let mut wanted = Requirements::new();
    for one in ["Six>=1.10", "foo.bar>=3", "numpy", "broken", "requests"] {
        wanted.add(one, "a test").unwrap();
    }
    assert_eq!(
        wanted.missing_from(&installed),
        ["broken", "foo.bar>=3", "requests"]
    );
    assert!(wanted.contains("Foo_Bar") && !wanted.contains("flask"));
}

#[test]
fn errors_hide_passwords() {
    let error = merged(&[
        "a @ https://me:secret@example.org/1",
        "a @ https://you:hidden@example.org/2",
    ])
    .unwrap_err();
    assert!(
        error.contains("https://example.org/1") && !error.contains("secret"),
        "{error}"
    );
    assert!(!error.contains("hidden"), "{error}");
    let error = merged(&["-x https://me:secret@example.org/1"]).unwrap_err();
    assert!(!error.contains("secret"), "{error}");
}
