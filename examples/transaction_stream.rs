//! A stream of transactions, booked in the server one after the other.
//!
//! Clients add to the stream `transactions:0` who pays whom, and are done. A function reads the stream
//! and keeps balances in hashes `account:N`; both sides of a transaction change together or not at
//! all. A transaction with an account that is not there yet makes the function fail: with the policy
//! `retry` it is tried again until it succeeds, and what is behind it waits, so that the order holds.
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

/// Seconds after which a server that says nothing has failed.
const PATIENCE: f64 = 60.0;

/// Books a transaction.
#[gear_stream("transactions:*", on_failed = "retry", retry_interval = "1s")]
fn book(transaction: StreamRecord<HashMap<String, String>>) {
    python! {
        what = transaction.value["msg"]
        payer = "account:" + transaction.value["from"]
        payee = "account:" + transaction.value["to"]
        amount = int(transaction.value["amount"])
        for account in (payer, payee):
            if not cmd.exists(account):
                cmd.rpush("held_up", what)
                raise LookupError(f "{what}: there is no {account}")

        # Nothing else runs on the server in here.
        with atomic():
            covered = int(cmd.hget(payer, "balance")) >= amount
            if covered:
                cmd.hincrby(payer, "balance", -amount)
                cmd.hincrby(payee, "balance", amount)
                cmd.xadd("ledger", {"payer": payer, "payee": payee, "amount": amount})
        cmd.rpush("outcomes", what + (": booked" if covered else ": refused, not covered"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;
    open_account(&mut con, 0, 5000)?;
    open_account(&mut con, 1, 0)?;
    open_account(&mut con, 2, 0)?;

    // Account 3 is not there yet.
    pay(&mut con, "First", 0, 2, 1000)?;
    pay(&mut con, "Rent", 2, 1, 700)?;
    pay(&mut con, "Yacht", 2, 1, 900)?;
    pay(&mut con, "Gift", 1, 3, 50)?;
    pay(&mut con, "Lunch", 1, 2, 20)?;
    show_outcomes(&mut con, 3)?;

    // Two attempts: when the second one begins, the first one has failed for certain.
    for attempt in 1..=2 {
        let (_, held_up): (String, String) = con.blpop("held_up", PATIENCE)?;
        println!("Attempt {attempt}: {held_up} is held up");
    }
    let stats = book::GEAR.stats(&mut con)?.ok_or("not registered")?;
    let why = stats.last_exception().ok_or("it has not failed")?;
    println!("Why: {}: {}", why.exception, why.message);
    let others: usize = con.llen("outcomes")?;
    println!("Overtaken by: {others}");

    open_account(&mut con, 3, 0)?;
    show_outcomes(&mut con, 2)?;
    balances(&mut con)?;
    turnover(&mut con)?;
    server.stop()?;
    Ok(())
}

fn open_account(con: &mut Con, number: u32, balance: i64) -> redis::RedisResult<()> {
    con.hset(format!("account:{number}"), "balance", balance)
}

/// All that a client does: it does not wait for the booking.
fn pay(con: &mut Con, what: &str, from: u32, to: u32, amount: i64) -> redis::RedisResult<()> {
    redis::cmd("XADD")
        .arg("transactions:0")
        .arg("*")
        .arg(("msg", what, "from", from, "to", to))
        .arg(("amount", amount))
        .exec(con)
}

/// Waits for what has become of some transactions.
fn show_outcomes(con: &mut Con, count: usize) -> redis::RedisResult<()> {
    for _ in 0..count {
        let (_, outcome): (String, String) = con.blpop("outcomes", PATIENCE)?;
        println!("{outcome}");
    }
    Ok(())
}

fn balances(con: &mut Con) -> redgrease::Result<()> {
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
    let all: i64 = balances.iter().map(|(_, balance)| balance).sum();
    println!("All together, as in the beginning: {all}");
    Ok(())
}

/// The ledger is a stream, too. It is read once, from its beginning to its end.
fn turnover(con: &mut Con) -> redgrease::Result<()> {
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
