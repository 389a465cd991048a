//! A shop: an application whose gears are a library, `shop-gears`, and which calls them from many tasks.
//!
//! It serves customers at the same moment who want more than there is, books what they bought, and reports.
//!
//! ```text
//! cargo xtask setup
//! cargo run -p shop
//! ```

use redgrease::embedded::Server;
use redgrease::{AsyncCon, AsyncGearsCommands, Options};
use redis::AsyncCommands;
use shop_gears::orders::{Receipt, order};
use shop_gears::prices::set_price;
use shop_gears::reports::best_customers;
use shop_gears::stock::deliver;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long anything is awaited.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who orders what at the same moment: customer, article, pieces, and how often.
const RUSH: [(&str, &str, u32, usize); 3] = [
    ("ada", "lamp", 1, 5),
    ("bob", "chair", 2, 2),
    ("eve", "chair", 1, 3),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    // `start_async(url)` does the same, and logs the report.
    let (mut con, report) = redgrease::start_async_with(server.url(), &Options::new()).await?;
    for session in &report.sessions {
        println!(
            "Registered of {}: {}",
            session.session,
            session.registered.join(", ")
        );
    }

    open(&mut con).await?;
    let sold = rush(&con).await?;
    single(&mut con).await?;
    book(&mut con, sold + 1).await?;
    report_all(&mut con).await?;

    server.stop()?;
    Ok(())
}

/// Fills the shelves.
async fn open(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
    for (article, cents, pieces) in [("chair", 8900, 9), ("lamp", 1350, 3), ("table", 24950, 5)] {
        set_price(con, article, cents).await?;
        let there = deliver(con, article, pieces).await?;
        println!("In stock: {there} of {article}");
    }
    let before = set_price(con, "lamp", 1250).await?;
    println!("A lamp costs 1250 cents now, before {before:?}");
    // What other programs see.
    for line in con.trigger::<String>("catalogue", &[""; 0]).await? {
        println!("  {line}");
    }
    Ok(())
}

/// All customers at once, each order a task of its own; how many orders could be served.
async fn rush(con: &AsyncCon) -> Result<usize, Box<dyn Error>> {
    let mut orders = JoinSet::new();
    for (customer, article, pieces, times) in RUSH {
        for _ in 0..times {
            let mut con = con.clone();
            orders.spawn(async move {
                let receipt = order(&mut con, customer, article, pieces).await;
                (customer, article, receipt)
            });
        }
    }
    let mut served: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    while let Some(done) = orders.join_next().await {
        let (customer, article, receipt) = done?;
        let count = served.entry((customer, article)).or_default();
        match receipt? {
            Some(Receipt { number, .. }) => {
                count.0 += 1;
                numbers.insert(number);
            }
            None => count.1 += 1,
        }
    }
    for ((customer, article), (yes, no)) in served {
        println!("{customer} ordered {article}: {yes} orders served, {no} not");
    }
    println!("Receipts: {numbers:?}");
    Ok(numbers.len())
}

/// One order after the other.
async fn single(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
    let receipt = order(con, "bob", "table", 1).await?;
    println!("bob ordered table: {receipt:?}");
    if let Err(error) = order(con, "bob", "sofa", 1).await {
        let raised = error.as_gear().ok_or("it is an exception of Python")?;
        println!("bob ordered sofa: {}, {}", raised.exception, raised.message);
    }
    Ok(())
}

/// Awaits that every order is booked, by the gear that reads their stream.
async fn book(con: &mut AsyncCon, count: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        let booked: Option<(String, u64)> = con.blpop("booked", PATIENCE.as_secs_f64()).await?;
        booked.ok_or("an order was not booked")?;
    }
    println!("Booked: {count} orders");
    Ok(())
}

async fn report_all(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
    let mut turnover = 0;
    for (customer, cents) in best_customers(3).on_async(con).await?.into_values()? {
        println!("{customer} has spent {cents} cents");
        turnover += cents;
    }
    // A gear adds up by itself, from time to time.
    let begun = Instant::now();
    while con.get::<_, Option<i64>>("turnover").await? != Some(turnover) {
        if begun.elapsed() > PATIENCE {
            return Err("the turnover was not added up".into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    println!("Turnover: {turnover} cents");
    let to_buy: BTreeSet<String> = con.smembers("to_buy").await?;
    println!("To buy: {to_buy:?}");
    let calls = order::GEAR.calls_async(con).await?;
    println!("`order` was called {calls} times");
    Ok(())
}
