//! Runs the program and compares its output.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use std::process::Command;

const EXPECTED: &str = "\
Registered of shop-gears: add_up, book, catalogue, deliver, order, set_price, watch
In stock: 9 of chair
In stock: 3 of lamp
In stock: 5 of table
A lamp costs 1250 cents now, before Some(1350)
  chair: 8900 cents
  lamp: 1250 cents
  table: 24950 cents
ada ordered lamp: 3 orders served, 2 not
bob ordered chair: 2 orders served, 0 not
eve ordered chair: 3 orders served, 0 not
Receipts: {1, 2, 3, 4, 5, 6, 7, 8}
bob ordered table: Some(Receipt { number: 9, euros: \"249.50\" })
bob ordered sofa: LookupError, there is no sofa in this shop
Booked: 9 orders
bob has spent 60550 cents
eve has spent 26700 cents
ada has spent 3750 cents
Turnover: 91000 cents
To buy: {\"chair\", \"lamp\"}
";

#[test]
fn customers_are_served_and_orders_are_booked() {
    assert_prints(None);
}

#[test]
fn a_shop_on_a_cluster_does_the_same() {
    assert_prints(Some("3"));
}

fn assert_prints(shards: Option<&str>) {
    let mut shop = Command::new(env!("CARGO_BIN_EXE_shop"));
    shop.env_remove("REDGREASE_SHARDS");
    if let Some(shards) = shards {
        shop.env("REDGREASE_SHARDS", shards);
    }
    let output = shop.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{printed}\n{errors}",
        output.status
    );
    assert_eq!(printed, EXPECTED);
}
