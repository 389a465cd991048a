use crate::common::{eventually, plain_connection, untyped, with_gears};
use redgrease_embedded::Server;

// recipe
use redgrease::prelude::*;
use std::collections::HashMap;

python_module! {
    orders_database {
        import sqlite3

        TABLE = "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, customer TEXT NOT NULL, amount INTEGER CHECK (amount > 0))"
        # An order that was written before the server died comes again, with the same id.
        INSERT = "INSERT INTO orders VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"

        def write(rows):
            connection = sqlite3.connect(cmd.get("orders:file"), timeout=5)
            try:
                # One transaction: all rows of the batch, or none.
                with connection:
                    connection.execute(TABLE)
                    connection.executemany(INSERT, rows)
            finally:
                connection.close()
    }
}

/// Takes an order: the client waits for no database.
#[gear_command(mode = "sync")]
pub fn order(customer: &str, amount: i64) -> String {
    python! { return cmd.xadd("orders", {"customer": customer, "amount": amount}) }
}

#[gear_stream(
    "orders",
    batch = 100,
    duration = "100ms",
    on_failed = "retry",
    max_retries = 3,
    backoff = 2.0,
    dead_letter = "orders-refused",
    module = orders_database
)]
pub fn store_orders(orders: Vec<StreamRecord<HashMap<String, String>>>) {
    python! {
        write([(one.id, one.value["customer"], int(one.value["amount"])) for one in orders])
    }
}
// end of the recipe

/// The rows of the database, by a gear of its own.
#[gear_command(module = orders_database)]
fn stored_orders() -> Vec<String> {
    python! {
        connection = sqlite3.connect(cmd.get("orders:file"))
        rows = connection.execute("SELECT customer, amount FROM orders ORDER BY id").fetchall()
        connection.close()
        return [f "{customer} {amount}" for customer, amount in rows]
    }
}

fn pending(server: &Server) -> usize {
    untyped(server, &["XLEN", "orders"]).parse().unwrap()
}

#[test]
fn good_orders_are_stored_and_a_refused_one_goes_to_the_dead_letters() {
    let (server, mut con) = with_gears(gears![order, store_orders, stored_orders]);
    let file = server.dir().join("orders.db");
    untyped(&server, &["SET", "orders:file", file.to_str().unwrap()]);
    // In one transaction, so that they are one batch.
    let mut together = redis::pipe();
    together.atomic();
    for (customer, amount) in [("ann", 3), ("bob", -1), ("eve", 5)] {
        together
            .cmd("XADD")
            .arg(&["orders", "*", "customer", customer, "amount"])
            .arg(amount);
    }
    together.exec(&mut plain_connection(&server)).unwrap();
    eventually("all are settled", || pending(&server) == 0);
    assert_eq!(stored_orders(&mut con).unwrap(), ["ann 3", "eve 5"]);
    let refused = untyped(&server, &["XRANGE", "orders-refused", "-", "+"]);
    assert!(
        refused.contains("bob") && refused.contains("CHECK constraint"),
        "{refused}"
    );

    // An order that comes again is the same row.
    let id = order(&mut con, "joe", 7).unwrap();
    eventually("it is stored", || pending(&server) == 0);
    untyped(&server, &["DEL", "orders"]);
    untyped(
        &server,
        &["XADD", "orders", &id, "customer", "joe", "amount", "7"],
    );
    eventually("it is handled again", || pending(&server) == 0);
    assert_eq!(
        stored_orders(&mut con).unwrap(),
        ["ann 3", "eve 5", "joe 7"]
    );
}

#[test]
fn nothing_is_lost_while_the_database_is_away() {
    let (server, mut con) = with_gears(gears![order, store_orders, stored_orders]);
    let folder = server.dir().join("away");
    let file = folder.join("orders.db");
    untyped(&server, &["SET", "orders:file", file.to_str().unwrap()]);
    order(&mut con, "ann", 3).unwrap();
    order(&mut con, "bob", 4).unwrap();
    eventually("it waits", || {
        untyped(&server, &["RG.DUMPREGISTRATIONS"]).contains("WAITING_FOR_RETRY")
    });
    assert_eq!(pending(&server), 2);
    std::fs::create_dir(&folder).unwrap();
    eventually("both are stored", || pending(&server) == 0);
    assert_eq!(stored_orders(&mut con).unwrap(), ["ann 3", "bob 4"]);
    assert_eq!(untyped(&server, &["EXISTS", "orders-refused"]), "0");
}
