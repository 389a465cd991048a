//! The packages of registrations.

use super::{all_answer, masters, refused};
use crate::common::shards::{ids, send};
use crate::common::wheel::make_wheel;
use redgrease_embedded::Server;
use redis::Value;

#[test]
fn packages_come_from_the_shard_that_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "shared", 3 << 20);
    let find = format!("--no-index --find-links={}", packages.display());
    let cluster = Server::cluster()
        .shards(2)
        .module_arg("PipArguments", find)
        // Each server has a directory of its own.
        .module_arg("PythonInstallationDir", "python")
        .start()
        .unwrap();
    let nodes = masters(&cluster);
    // One shard has the package, and then it can be had nowhere else.
    let words = [
        "RG.PYEXECUTE",
        "import shared",
        "REQUIREMENTS",
        "shared==1.2",
    ];
    send(&nodes[1], &words);
    std::fs::remove_dir_all(&packages).unwrap();
    let script = "import shared\nGB('CommandReader').map(lambda _: shared.answer).register(trigger='answer', mode='sync')";
    let register = [
        "RG.PYEXECUTE",
        script,
        "ID",
        "app",
        "REQUIREMENTS",
        "shared==1.2",
    ];
    send(&nodes[0], &register);
    all_answer(&nodes, "answer", "42");

    // A package that no shard can have.
    let missing = [
        "RG.PYEXECUTE",
        script,
        "ID",
        "other",
        "REQUIREMENTS",
        "missing==1",
    ];
    let why = refused(&nodes[0], &missing);
    assert!(why.contains("Could not satisfy requirements"), "{why}");
}

#[test]
fn a_package_that_one_shard_cannot_have_keeps_the_registration_from_all() {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "shared", 1000);
    let find = format!("--no-index --find-links={}", packages.display());
    let cluster = Server::cluster()
        .shards(3)
        .module_arg("PipArguments", find)
        // Each server has a directory of its own.
        .module_arg("PythonInstallationDir", "python")
        .start()
        .unwrap();
    let nodes = masters(&cluster);
    // A file stands where the directory of the packages has to be.
    let place = nodes[1].dir().join("python");
    assert!(!place.exists());
    std::fs::write(&place, "").unwrap();
    let script = "
def registered():
    execute('SET', 'registered-{' + hashtag() + '}', 'yes')
GB('CommandReader').map(lambda _: 'one').register(trigger='hello', mode='sync', onRegistered=registered)
";
    let register = [
        "RG.PYEXECUTE",
        script,
        "ID",
        "app",
        "REQUIREMENTS",
        "shared==1.2",
    ];
    let why = refused(&nodes[0], &register);
    assert!(why.contains(nodes[1].id()), "{why}");
    for node in &nodes {
        assert_eq!(ids(node), Vec::<String>::new());
        assert_eq!(send(node, &["DBSIZE"]), Value::Int(0), "no function ran");
    }
    std::fs::remove_file(&place).unwrap();
    send(&nodes[0], &register);
    all_answer(&nodes, "hello", "one");
    for node in &nodes {
        assert_eq!(send(node, &["DBSIZE"]), Value::Int(1));
    }
}
