use super::postgresql::PostgreSql;
use crate::common::{eventually, plain_connection, untyped, with_gears};
use redgrease_embedded::Server;

// recipe
use redgrease::prelude::*;
use std::collections::HashMap;

python_module! {
    visits_database {
        import pg8000.native

        TABLE = "CREATE TABLE IF NOT EXISTS visits (id text PRIMARY KEY, page text NOT NULL, seconds integer CHECK (seconds >= 0))"
        INSERT = "INSERT INTO visits VALUES (:id, :page, :seconds) ON CONFLICT (id) DO NOTHING"

        def connected():
            # A user, a password and a host in place of the socket for a database on another machine.
            return pg8000.native.Connection("app", database="postgres", unix_sock=cmd.get("visits:socket"), timeout=5)

        def write(rows):
            database = connected()
            try:
                # One transaction: without the COMMIT the database forgets all rows of the batch.
                database.run("START TRANSACTION")
                database.run(TABLE)
                for one, page, seconds in rows:
                    database.run(INSERT, id=one, page=page, seconds=seconds)
                database.run("COMMIT")
            finally:
                database.close()
    }
}

#[gear_stream(
    "visits",
    batch = 100,
    duration = "100ms",
    on_failed = "retry",
    max_retries = 3,
    backoff = 2.0,
    dead_letter = "visits-refused",
    module = visits_database,
    requirements = ["pg8000"]
)]
pub fn store_visits(visits: Vec<StreamRecord<HashMap<String, String>>>) {
    python! {
        write([(one.id, one.value["page"], int(one.value["seconds"])) for one in visits])
    }
}
// end of the recipe

/// The rows of the database, by a gear of its own.
#[gear_command(module = visits_database, requirements = ["pg8000"])]
fn stored_visits() -> Vec<String> {
    python! {
        database = connected()
        rows = database.run("SELECT page, seconds FROM visits ORDER BY id")
        database.close()
        return [f "{page} {seconds}" for page, seconds in rows]
    }
}

fn visit(server: &Server, all: &[(&str, i32)]) {
    // In one transaction, so that they are one batch.
    let mut together = redis::pipe();
    together.atomic();
    for (page, seconds) in all {
        let add = together.cmd("XADD").arg(&["visits", "*", "page", page]);
        add.arg("seconds").arg(seconds);
    }
    together.exec(&mut plain_connection(server)).unwrap();
}

fn are_settled(server: &Server) -> bool {
    untyped(server, &["XLEN", "visits"]) == "0"
}

#[test]
fn rows_are_stored_once_and_a_refused_one_goes_to_the_dead_letters() {
    let (server, mut con) = with_gears(gears![store_visits, stored_visits]);
    let mut database = PostgreSql::start();
    untyped(&server, &["SET", "visits:socket", &database.socket()]);
    visit(&server, &[("home", 3), ("odd", -1), ("shop", 5)]);
    eventually("all are settled", || are_settled(&server));
    assert_eq!(stored_visits(&mut con).unwrap(), ["home 3", "shop 5"]);
    let refused = untyped(&server, &["XRANGE", "visits-refused", "-", "+"]);
    assert!(
        refused.contains("odd") && refused.contains("visits_seconds_check"),
        "{refused}"
    );

    // The database is away: the rows wait, and are stored once it is back.
    database.stop();
    visit(&server, &[("late", 7)]);
    eventually("it waits", || {
        untyped(&server, &["RG.DUMPREGISTRATIONS"]).contains("WAITING_FOR_RETRY")
    });
    assert!(!are_settled(&server));
    database.go_on();
    eventually("it is stored", || are_settled(&server));
    assert_eq!(
        stored_visits(&mut con).unwrap(),
        ["home 3", "shop 5", "late 7"]
    );

    // A message that comes again is the same row.
    untyped(&server, &["DEL", "visits"]);
    for _ in 0..2 {
        untyped(
            &server,
            &[
                "XADD",
                "visits",
                "9999999999999-1",
                "page",
                "twice",
                "seconds",
                "1",
            ],
        );
        eventually("it is settled", || are_settled(&server));
        untyped(&server, &["DEL", "visits"]);
    }
    let expected = ["home 3", "shop 5", "late 7", "twice 1"];
    assert_eq!(stored_visits(&mut con).unwrap(), expected);
}
