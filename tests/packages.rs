//! Python packages: missing ones are listed, and a file carries them to a server without network.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::empty;
use common::wheel::make_wheel;
use redgrease::{
    Executed, ExportedRequirement, GearsCommands, PyExecuteOptions, RequirementFilter, Requirements,
};
use redgrease_embedded::Server;
use std::path::Path;

const SCRIPT: &str = "import por_table\n\
    GB('ShardsIDReader').map(lambda r: por_table.answer).run(convertToStr=False)\n";

fn server(home: &Path, pip: &str) -> (Server, redgrease::Con) {
    let server = Server::builder()
        .python_dir(home)
        .module_arg("PipArguments", pip)
        .start()
        .unwrap();
    let con = redgrease::connect(server.url()).unwrap();
    (server, con)
}

#[test]
fn a_file_carries_a_package_to_a_server_without_network() {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "por_table", 0);
    let file = dir.path().join("requirements.txt");
    std::fs::write(&file, "# what the script imports\nPor.Table == 1.2\n").unwrap();
    let wanted = Requirements::from_file(&file).unwrap();
    let options = PyExecuteOptions::new().requirements(&wanted);

    let find = format!("--no-index --find-links={}", packages.display());
    let (_giver, mut giver) = server(&dir.path().join("giver"), &find);
    assert_eq!(
        giver.missing_requirements(&wanted).unwrap(),
        ["Por.Table == 1.2"]
    );
    let answer: Executed<i64> = giver.pyexecute_options(SCRIPT, &options).unwrap();
    assert_eq!(answer.into_results().unwrap().into_value().unwrap(), 42);
    assert!(giver.missing_requirements(&wanted).unwrap().is_empty());
    let filter = RequirementFilter::new()
        .name("por-table[x]>=1")
        .is_installed(true);
    let found = giver.dump_requirements_where(&filter).unwrap();
    assert_eq!(found.len(), 1);
    assert!(
        giver
            .dump_requirements_where(&filter.is_installed(false))
            .unwrap()
            .is_empty()
    );

    let carried = dir.path().join("por_table.rgreq");
    giver
        .export_requirement(&found[0].name)
        .unwrap()
        .save(&carried)
        .unwrap();
    let error = giver.export_requirement("nothing").unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");

    let (_taker, mut taker) = server(&dir.path().join("taker"), "--no-index");
    assert!(taker.pyexecute_options::<i64>(SCRIPT, &options).is_err());
    taker
        .import_requirement(&ExportedRequirement::load(&carried).unwrap())
        .unwrap();
    assert!(taker.missing_requirements(&wanted).unwrap().is_empty());
    let answer: Executed<i64> = taker.pyexecute_options(SCRIPT, &options).unwrap();
    assert_eq!(answer.into_results().unwrap().into_value().unwrap(), 42);
}

#[test]
fn a_session_is_profiled() {
    let (_server, mut con) = empty();
    redgrease::Config::new(&mut con)
        .set_profile_executions(true)
        .unwrap();
    let script = "GB('CommandReader').map(lambda r: len(r)).register(trigger='len', mode='sync')";
    let options = PyExecuteOptions::new().id("measured");
    con.pyexecute_options::<redis::Value>(script, &options)
        .unwrap();
    con.trigger::<i64>("len", "x").unwrap();
    let stats = con.py_profile_stats("measured", None).unwrap();
    assert!(stats.contains("function calls"), "{stats}");
    con.py_profile_reset("measured").unwrap();
    assert!(con.py_profile_stats("unknown", Some("cumtime")).is_err());
}
