//! A requirement that one server exports and another one imports.

use std::fs;

use super::sandbox::{Sandbox, requirements, version_of, with_pip_and_uv};
use crate::requirements::{InstallErrorKind, Portable, Preference};

with_pip_and_uv!(a_requirement_is_installed_from_the_exported_wheels,);

fn a_requirement_is_installed_from_the_exported_wheels(installer: Preference) {
    let first = Sandbox::new(installer);
    first.wheel("tiny", "1.0", &["needed>=1"]);
    first.wheel("needed", "1.5", &[]);
    let store = first.store();
    assert_eq!(store.export("tiny"), Ok(None));
    store.install(&requirements(&["tiny"]), false).unwrap();
    let exported = store.export("tiny").unwrap().unwrap();
    assert_eq!(exported.name, "tiny");
    let files: Vec<&str> = exported.wheels.iter().map(|(file, _)| &**file).collect();
    assert_eq!(
        files,
        ["needed-1.5-py3-none-any.whl", "tiny-1.0-py3-none-any.whl"]
    );

    // The second server has no packages.
    let second = Sandbox::new(installer);
    let received = Portable::decode(&exported.encode()).unwrap();
    let store = second.store();

    // Flipping a byte of the first file in the last wheel breaks its checksum.
    let mut damaged = received.clone();
    let first_byte = 30 + "tiny/__init__.py".len();
    damaged.wheels[1].1[first_byte + 3] ^= 1;
    let error = store.import(&damaged).unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Failed);
    assert!(error.to_string().contains("damaged"), "{error}");
    assert!(store.rows().is_empty());
    assert_eq!(second.kept_folders(), 0);

    store.import(&received).unwrap();
    assert!(store.is_installed("tiny"));
    assert_eq!(version_of(&store, "needed").as_deref(), Some("1.5"));
    assert_eq!(store.export("tiny"), Ok(Some(exported)));
    assert_eq!((second.made_wheels(), second.installed()), (0, 1));

    // The second import runs nothing.
    store.import(&received).unwrap();
    assert_eq!(second.installed(), 1);

    // A wheel that was removed cannot be exported.
    let row = store.row("tiny").unwrap();
    fs::remove_file(row.path.join(&row.wheels[0])).unwrap();
    let error = store.export("tiny").unwrap_err();
    assert_eq!(error.kind(), InstallErrorKind::Environment);
}
