//! `rgsync`: hashes are written to a database, after the command or before it.

use crate::common::{eventually, untyped};
use crate::environment::{answer, start};
use redgrease_embedded::Server;
use std::path::Path;
use tempfile::TempDir;

/// The database of a folder, with a table for each recipe.
fn recipes(folder: &Path) -> String {
    let database = folder.join("people.db").to_str().unwrap().to_owned();
    format!(
        "
import sqlite3
from rgsync import RGWriteBehind, RGWriteThrough
from rgsync.Connectors import SQLiteConnection, SQLiteConnector
with sqlite3.connect('{database}') as database:
    for table in 'behind', 'through':
        database.execute(f'create table if not exists {{table}} (id text primary key, name text, age text)')
connection = SQLiteConnection('{}')
columns = {{'called': 'name', 'age': 'age'}}
RGWriteBehind(GB, keysPrefix='person', mappings=columns, name='Behind', version='99.99.99',
              connector=SQLiteConnector(connection, 'behind', 'id'), onFailedRetryInterval=1)
RGWriteThrough(GB, keysPrefix='__', mappings=columns, name='Through', version='99.99.99',
               connector=SQLiteConnector(connection, 'through', 'id'))
",
        database.trim_start_matches('/')
    )
}

/// The rows of a table, as Python prints them.
fn rows(server: &Server, folder: &Path, table: &str) -> String {
    execute(
        server,
        folder,
        &format!("select * from {table} order by id"),
    )
}

fn execute(server: &Server, folder: &Path, statement: &str) -> String {
    let database = folder.join("people.db");
    let script = format!(
        "__import__('sqlite3').connect('{}').execute('{statement}').fetchall()",
        database.display()
    );
    answer(server, &script)
}

#[test]
#[ignore = "installs packages from PyPI"]
fn hashes_are_written_to_a_database() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let (server, _) = start(&here.join("packages"));
    let recipes = recipes(here);
    let register = ["RG.PYEXECUTE", &recipes, "REQUIREMENTS", "rgsync==1.2.0"];
    assert_eq!(untyped(&server, &register), "OK");

    let set = |key: &str, age: &str, more: &[&str]| {
        let words = ["HSET", key, "called", "Ann", "age", age];
        untyped(&server, &[&words[..], more].concat())
    };
    set("person:1", "30", &[]);
    set("person:2", "40", &["#", "=behind"]);
    set("__{person:9}", "50", &["#", "=through"]);
    // Write-through: the row exists when the command is answered.
    assert_eq!(rows(&server, here, "through"), "[('9', 'Ann', '50')]");
    assert!(untyped(&server, &["HGETALL", "person:9"]).contains("50"));
    let behind = |expected: &str| {
        eventually("the row is written", || {
            rows(&server, here, "behind") == expected
        });
    };
    behind("[('1', 'Ann', '30'), ('2', 'Ann', '40')]");
    for acknowledged in ["{person:2}behind", "{person:9}through"] {
        eventually("it is acknowledged", || {
            untyped(&server, &["XRANGE", acknowledged, "-", "+"]).contains("done")
        });
    }

    // Both ways to remove a row.
    untyped(&server, &["DEL", "person:1"]);
    set("person:2", "40", &["#", "~"]);
    behind("[]");

    // The script removes its earlier registrations.
    assert_eq!(untyped(&server, &register), "OK");
    let registrations = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert_eq!(registrations.matches("99.99.99").count(), 3);

    // A database that was missing for a time is written to when it is back.
    execute(&server, here, "alter table behind rename to away");
    set("person:3", "60", &[]);
    eventually("the database is missed", || {
        untyped(&server, &["RG.DUMPREGISTRATIONS"]).contains("no such table: behind")
    });
    execute(&server, here, "alter table away rename to behind");
    behind("[('3', 'Ann', '60')]");
}
