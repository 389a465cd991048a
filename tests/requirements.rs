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
