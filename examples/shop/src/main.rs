//! A shop: an application that calls the gears of a library, `shop-gears`, from many tasks.
//!
//! Many customers order at the same time, and together they want more than the stock. The gears take the orders
//! without selling anything twice, book them in the background, and report the sales.
//!
//! ```text
//! cargo xtask setup
//! cargo run -p shop
//! ```
//!
//! With `REDGREASE_SHARDS=3` the shop is on a cluster of three shards, and the program prints the same.

use redgrease::embedded::Home;
use redgrease::{AsyncCon, AsyncGearsCommands, Options};
use redis::AsyncCommands;
use shop_gears::SHOP;
use shop_gears::orders::{Receipt, order};
use shop_gears::prices::set_price;
use shop_gears::reports::best_customers;
use shop_gears::stock::deliver;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long to wait for a gear.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The orders of the rush: customer, article, pieces per order, and number of orders.
const RUSH: [(&str, &str, u32, usize); 3] = [
    ("ada", "lamp", 1, 5),
    ("bob", "chair", 2, 2),
    ("eve", "chair", 1, 3),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Home::start()?;
    // `start_async(url)` does the same, and logs the report.
    let (mut con, report) = redgrease::start_async_with(server.url(), &Options::new()).await?;
    for session in &report.sessions {
        println!(
            "Registered of {}: {}",
            session.session,
            session.registered.join(", ")
        );
    }

    fill_stock(&mut con).await?;
    let sold = rush(&con).await?;
    order_singly(&mut con).await?;
    wait_for_bookings(&mut con, sold + 1).await?;
    show_reports(&mut con).await?;

    server.stop()?;
    Ok(())
}

/// Sets prices and fills the stock.
async fn fill_stock(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
    for (article, cents, pieces) in [("chair", 8900, 9), ("lamp", 1350, 3), ("table", 24950, 5)] {
        let priced = set_price::call(SHOP, article, cents).on_key(SHOP);
        priced.on_async(con).await?;
        let delivered = deliver::call(SHOP, article, pieces).on_key(SHOP);
        let count = delivered.on_async(con).await?;
        println!("In stock: {count} of {article}");
    }
    let cheaper = set_price::call(SHOP, "lamp", 1250).on_key(SHOP);
    let before = cheaper.on_async(con).await?;
    println!("A lamp costs 1250 cents now, before {before:?}");
    // Calls the gear by its name, as clients in other languages do.
    for line in con.trigger::<String>("catalogue", &[""; 0]).await? {
        println!("  {line}");
    }
    Ok(())
}

/// Sends the orders of all customers at once, each in a separate task. Returns the number of served orders.
async fn rush(con: &AsyncCon) -> Result<usize, Box<dyn Error>> {
    let mut orders = JoinSet::new();
    for (customer, article, pieces, times) in RUSH {
        for _ in 0..times {
            let mut con = con.clone();
            orders.spawn(async move {
                let call = order::call(SHOP, customer, article, pieces).on_key(SHOP);
                (customer, article, call.on_async(&mut con).await)
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

/// Sends one order that is served, and one for an unknown article.
async fn order_singly(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
    let table = order::call(SHOP, "bob", "table", 1).on_key(SHOP);
    println!("bob ordered table: {:?}", table.on_async(con).await?);
    let sofa = order::call(SHOP, "bob", "sofa", 1).on_key(SHOP);
    if let Err(error) = sofa.on_async(con).await {
        let raised = error.as_gear().ok_or("not a Python exception")?;
        println!("bob ordered sofa: {}, {}", raised.exception, raised.message);
    }
    Ok(())
}

/// Waits until this many orders are booked, by the gear that reads the stream of orders.
async fn wait_for_bookings(con: &mut AsyncCon, count: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        let booked: Option<(String, u64)> =
            con.blpop("{shop}:booked", TIMEOUT.as_secs_f64()).await?;
        booked.ok_or("an order was not booked")?;
    }
    println!("Booked: {count} orders");
    Ok(())
}

async fn show_reports(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
    let mut turnover = 0;
    for (customer, cents) in best_customers(3).on_async(con).await?.into_values()? {
        println!("{customer} has spent {cents} cents");
        turnover += cents;
    }
    // The gear `add_up` runs every second.
    let begin = Instant::now();
    while con.get::<_, Option<i64>>("{shop}:turnover").await? != Some(turnover) {
        if begin.elapsed() > TIMEOUT {
            return Err("the turnover was not added up".into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    println!("Turnover: {turnover} cents");
    let to_buy: BTreeSet<String> = con.smembers("{shop}:to_buy").await?;
    println!("To buy: {to_buy:?}");
    Ok(())
}
