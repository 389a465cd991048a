//! Requirements are exported with their wheels and imported on a server without network.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use common::wheel::make_wheel;
use redgrease_embedded::Server;
use redis::Value;
use std::path::Path;

const SCRIPT: &str = "
import portable
GB('ShardsIDReader').map(lambda r: portable.answer).run()
";

fn server(home: &Path, pip: &str) -> Server {
    Server::builder()
        .python_dir(home)
        .module_arg("PipArguments", pip)
        .start()
        .unwrap()
}

fn query(server: &Server, words: &[&[u8]]) -> redis::RedisResult<Value> {
    let mut con = redis::Client::open(server.url())?.get_connection()?;
    let mut cmd = redis::cmd(std::str::from_utf8(words[0]).unwrap());
    cmd.arg(&words[1..]);
    cmd.query(&mut con)
}

fn chunks_of(exported: Value) -> (Vec<Value>, Vec<Vec<u8>>) {
    let Value::Array(parts) = exported else {
        panic!("{exported:?}")
    };
    let [Value::Array(row), Value::Array(chunks)] = &parts[..] else {
        panic!("{parts:?}")
    };
    let bytes = |chunk: &Value| match chunk {
        Value::BulkString(bytes) => bytes.clone(),
        other => panic!("{other:?}"),
    };
    (row.clone(), chunks.iter().map(bytes).collect())
}

#[test]
fn a_requirement_is_exported_and_imported() {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "portable", 11 << 20);

    let find = format!("--no-index --find-links={}", packages.display());
    let giver = server(&dir.path().join("giver"), &find);
    let install = ["RG.PYEXECUTE", SCRIPT, "REQUIREMENTS", "portable==1.2"];
    assert_eq!(untyped(&giver, &install), "42\n");
    let exported = query(&giver, &[b"RG.PYEXPORTREQ", b"portable==1.2"]).unwrap();
    let (row, chunks) = chunks_of(exported);
    assert_eq!(row.len(), 18);
    assert_eq!(row[3], Value::BulkString(b"portable==1.2".to_vec()));
    assert_eq!(chunks.len(), 2);
    assert_eq!(chunks[0].len(), 10 << 20);

    let register = "import portable; GB('CommandReader').register(trigger='t')";
    let register = ["RG.PYEXECUTE", register, "REQUIREMENTS", "portable==1.2"];
    assert_eq!(untyped(&giver, &register), "OK");
    let registrations = untyped(&giver, &["RG.DUMPREGISTRATIONS"]);
    let named = "'depsList':[{'name':'portable==1.2'}]";
    assert!(registrations.contains(named), "{registrations}");

    let taker = server(&dir.path().join("taker"), "--no-index");
    let refused = untyped(&taker, &install);
    assert!(
        refused.contains("Could not satisfy requirements"),
        "{refused}"
    );

    // Damage is noticed, and no part of the requirement is kept.
    let mut damaged = chunks.concat();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let error = query(&taker, &[b"RG.PYIMPORTREQ", &damaged]).unwrap_err();
    assert!(error.to_string().contains("a wheel is damaged"), "{error}");
    let error = query(&taker, &[b"RG.PYIMPORTREQ", &chunks[0]]).unwrap_err();
    let says = "serialization format on reading wheel data";
    assert!(error.to_string().contains(says), "{error}");
    assert_eq!(untyped(&taker, &["RG.PYDUMPREQS"]), "");

    let mut words: Vec<&[u8]> = vec![b"RG.PYIMPORTREQ"];
    words.extend(chunks.iter().map(Vec::as_slice));
    let imported = query(&taker, &words).unwrap();
    assert_eq!(imported, Value::BulkString(b"OK".to_vec()));
    assert_eq!(untyped(&taker, &install), "42\n");
    let rows = untyped(&taker, &["RG.PYDUMPREQS"]);
    assert!(rows.contains("portable-1.2-py3-none-any.whl"), "{rows}");
    // An imported requirement can be exported again.
    let again = query(&taker, &[b"RG.PYEXPORTREQ", b"portable==1.2"]).unwrap();
    assert!(chunks_of(again).1 == chunks);
    let info = untyped(&taker, &["INFO", "rg_python_requirements"]);
    assert!(info.contains("rg_portable==1.2:GearReqVersion=2,Name=portable==1.2,IsDownloaded=yes"));
}

/// A server that finds the packages `portable` and `Num_Ber` in a folder.
fn with_packages(home: &Path) -> Server {
    let packages = home.join("packages");
    make_wheel(&packages, "portable", 10);
    let other = home.join("other");
    make_wheel(&other, "Num_Ber", 10);
    let (packages, other) = (packages.display(), other.display());
    let find = format!("--no-index --find-links={packages} --find-links={other}");
    server(&home.join("python"), &find)
}

/// The values of one field in all rows of `RG.PYDUMPREQS`.
fn listed(server: &Server, field: &str) -> Vec<String> {
    let reply = untyped(server, &["RG.PYDUMPREQS"]);
    let lines: Vec<&str> = reply.lines().collect();
    let places = (0..lines.len()).filter(|at| lines[*at] == field);
    places.map(|at| lines[at + 1].to_owned()).collect()
}

#[test]
fn a_requirement_leaves_the_list_with_the_last_session_that_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_packages(dir.path());
    let send = |session: &str, requirement: &str, more: &[&str]| {
        let script = format!("GB('CommandReader').register(trigger='{session}')");
        let mut words = vec!["RG.PYEXECUTE", &script, "ID", session];
        words.extend(more);
        words.extend(["REQUIREMENTS", requirement]);
        assert_eq!(untyped(&server, &words), "OK");
    };
    send("a", "portable", &[]);
    send("b", "portable", &[]);
    send("a", "Num_Ber", &["UPGRADE"]);
    assert_eq!(listed(&server, "Name"), ["portable", "Num_Ber"]);
    assert_eq!(listed(&server, "RefCount"), ["1", "1"]);
    send("b", "num.ber", &["UPGRADE"]);
    // Another spelling is the same requirement: one row, one installation.
    assert_eq!(listed(&server, "Name"), ["Num_Ber"]);
    assert_eq!(listed(&server, "RefCount"), ["2"]);
    let id = untyped(&server, &["RG.PYDUMPSESSIONS", "SESSIONS", "a"]);
    let id = id.lines().last().unwrap();
    assert_eq!(untyped(&server, &["RG.UNREGISTER", id]), "OK");
    assert_eq!(listed(&server, "RefCount"), ["1"]);
}

#[test]
fn spellings_of_one_version_are_one_requirement() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_packages(dir.path());
    let send = |requirements: &[&str]| {
        let words = ["RG.PYEXECUTE", "x = 1", "REQUIREMENTS"];
        assert_eq!(untyped(&server, &[&words, requirements].concat()), "OK");
    };
    send(&["num.ber==1.2", "portable>=1.0,<2"]);
    let paths = listed(&server, "Path");
    send(&["Num_Ber == 1.2.0", "NUM-BER==v1.2", "num-ber (==1.2.0.0)"]);
    send(&["Portable < 2.0, >= 1", "portable>=1,<2,>=1.0"]);
    assert_eq!(
        listed(&server, "Name"),
        ["num.ber==1.2", "portable>=1.0,<2"]
    );
    // Nothing was installed again.
    assert_eq!(listed(&server, "Path"), paths);
    send(&["num-ber~=1.2", "num-ber==1.2.*"]);
    assert_eq!(listed(&server, "Name").len(), 4);
}

#[test]
fn a_requirement_that_is_installed_again_has_another_path() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_packages(dir.path());
    let words = ["RG.PYEXECUTE", "x = 1", "REQUIREMENTS", "portable"];
    assert_eq!(untyped(&server, &words), "OK");
    let before = listed(&server, "Path");
    let force = [&words[..2], &["FORCE_REINSTALL_REQUIREMENTS"], &words[2..]].concat();
    assert_eq!(untyped(&server, &force), "OK");
    let after = listed(&server, "Path");
    assert_eq!(after.len(), 1);
    assert_ne!(after, before);
    assert!(Path::new(&after[0]).is_dir() && !Path::new(&before[0]).exists());
}

#[test]
fn a_session_counts_the_requirements_that_are_not_installed() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_packages(dir.path());
    let script = "GB('CommandReader').register(trigger='t')";
    let words = [
        "RG.PYEXECUTE",
        script,
        "ID",
        "a",
        "REQUIREMENTS",
        "portable",
    ];
    assert_eq!(untyped(&server, &words), "OK");
    let needed = || {
        let reply = untyped(&server, &["RG.PYDUMPSESSIONS"]);
        let mut lines = reply.lines();
        lines.find(|line| *line == "requirementInstallationNeeded");
        lines.next().unwrap().to_owned()
    };
    assert_eq!(needed(), "0");
    // An administrator removes the packages of the server.
    std::fs::remove_dir_all(dir.path().join("python")).unwrap();
    assert_eq!(needed(), "1");
}
