//! Creates Python packages for tests without a package index.

use std::path::Path;
use std::process::Command;

/// Writes the wheel of a package with `answer = 42` and a file of random bytes.
const SCRIPT: &str = r#"
import os, sys, zipfile
folder, name, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
info = f"{name}-1.2.dist-info"
os.mkdir(folder)
with zipfile.ZipFile(f"{folder}/{name}-1.2-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}/__init__.py", "answer = 42\n")
    wheel.writestr(f"{name}/data.bin", os.urandom(size))
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(f"{info}/RECORD", "")
"#;

/// Creates a folder with the wheel of version 1.2 of a package. The wheel contains `size` bytes of
/// incompressible data.
pub(crate) fn make_wheel(folder: &Path, name: &str, size: usize) {
    let made = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(folder)
        .args([name, &size.to_string()])
        .status()
        .unwrap();
    assert!(made.success());
}
