//! Transactions from a stream, booked in order inside the server.
//!
//! Clients add payments to the stream `transactions:0` and do not wait. A gear reads the stream and
//! updates balances in the hashes `account:N`; payer and payee change together or not at all. The
//! gear fails for a transaction with an account that does not exist yet. Its failure policy is
//! `retry`: the transaction is tried again until it succeeds, and later transactions wait, so that
//! the order is preserved.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example transaction_stream --features embedded
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{Con, KeyType};
use redis::Commands;
use std::collections::HashMap;
use std::error::Error;

/// Seconds to wait for a gear.
const TIMEOUT: f64 = 60.0;

/// Books a transaction.
#[gear_stream("transactions:*", on_failed = "retry", retry_interval = "1s")]
fn book(transaction: StreamRecord<HashMap<String, String>>) {
    python! {
        name = transaction.value["msg"]
        payer = "account:" + transaction.value["from"]
        payee = "account:" + transaction.value["to"]
        amount = int(transaction.value["amount"])
        for account in (payer, payee):
            if not cmd.exists(account):
                cmd.rpush("held_up", name)
                raise LookupError(f "{name}: there is no {account}")

        # No other command runs inside this block.
        with atomic():
            covered = int(cmd.hget(payer, "balance")) >= amount
            if covered:
                cmd.hincrby(payer, "balance", -amount)
                cmd.hincrby(payee, "balance", amount)
                cmd.xadd("ledger", {"payer": payer, "payee": payee, "amount": amount})
        cmd.rpush("outcomes", name + (": booked" if covered else ": refused, not covered"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;
    open_account(&mut con, 0, 5000)?;
    open_account(&mut con, 1, 0)?;
    open_account(&mut con, 2, 0)?;

    // Account 3 does not exist yet.
    pay(&mut con, "First", 0, 2, 1000)?;
    pay(&mut con, "Rent", 2, 1, 700)?;
    pay(&mut con, "Yacht", 2, 1, 900)?;
    pay(&mut con, "Gift", 1, 3, 50)?;
    pay(&mut con, "Lunch", 1, 2, 20)?;
    show_outcomes(&mut con, 3)?;

    // When the second attempt begins, the first has certainly failed.
    for attempt in 1..=2 {
        let (_, held_up): (String, String) = con.blpop("held_up", TIMEOUT)?;
        println!("Attempt {attempt}: {held_up} is held up");
    }
    let stats = book::GEAR.stats(&mut con)?.ok_or("not registered")?;
    let cause = stats.last_exception().ok_or("the gear has not failed")?;
    println!("Cause: {}: {}", cause.exception, cause.message);
    let overtaken_by: usize = con.llen("outcomes")?;
    println!("Overtaken by: {overtaken_by}");

    open_account(&mut con, 3, 0)?;
    show_outcomes(&mut con, 2)?;
    show_balances(&mut con)?;
    show_payments(&mut con)?;
    server.stop()?;
    Ok(())
}

fn open_account(con: &mut Con, number: u32, balance: i64) -> redis::RedisResult<()> {
    con.hset(format!("account:{number}"), "balance", balance)
}

/// Sends a transaction. The client does not wait for the booking.
fn pay(con: &mut Con, name: &str, from: u32, to: u32, amount: i64) -> redis::RedisResult<()> {
    redis::cmd("XADD")
        .arg("transactions:0")
        .arg("*")
        .arg(("msg", name, "from", from, "to", to))
        .arg(("amount", amount))
        .exec(con)
}

/// Waits for the outcomes of this many transactions and prints them.
fn show_outcomes(con: &mut Con, count: usize) -> redis::RedisResult<()> {
    for _ in 0..count {
        let (_, outcome): (String, String) = con.blpop("outcomes", TIMEOUT)?;
        println!("{outcome}");
    }
    Ok(())
}

fn show_balances(con: &mut Con) -> redgrease::Result<()> {
    let accounts = KeysReader::new("account:*").of_type([KeyType::Hash]);
    let balances = accounts
        .map_to::<(String, i64)>(python!(
            lambda account: (account["key"], int(account["value"]["balance"]))
        ))
        .sort_asc()
        .run_on(con)?
        .into_values()?;
    for (account, balance) in &balances {
        println!("{account}: {balance}");
    }
    let total: i64 = balances.iter().map(|(_, balance)| balance).sum();
    println!("Total, unchanged: {total}");
    Ok(())
}

/// Adds up the ledger, a stream that the chain reads once from beginning to end.
fn show_payments(con: &mut Con) -> redgrease::Result<()> {
    let paid = StreamReader::new("ledger")
        .values()
        .aggregate_by(
            python!(lambda entry: entry["payer"]),
            0,
            python!(lambda payer, total, entry: total + int(entry["amount"])),
            python!(lambda payer, total, part: total + part),
        )
        .map_to::<(String, i64)>(python!(lambda group: (group["key"], group["value"])))
        .sort_asc();
    println!("Paid by each: {:?}", paid.run_on(con)?.into_values()?);
    Ok(())
}
