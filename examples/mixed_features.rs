//! A parcel service: one program that combines most features.
//!
//! It has commands that are Rust functions, custom types, a shared Python module, packages from PyPI,
//! Redis commands inside gears, gears for changes of keys and for a stream, chains, and a script that
//! uses the Python package `redgrease`. At the end it queries the server's statistics.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example mixed_features --features embedded
//! ```
//!
//! In a crate of your own, write into `Cargo.toml`
//!
//! ```toml
//! redgrease = { path = "../redgrease", features = ["embedded"] }
//! redis = { version = "1.8", default-features = false }
//! serde = { version = "1", features = ["derive"] }
//! ```

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{
    Con, GearsCommands, KeyType, PyExecuteOptions, ReaderType, RegistrationFilter, Requirements,
};
use redis::Commands;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::error::Error;

/// A parcel. In Python it is a dictionary.
#[derive(Debug, Clone, Serialize, Deserialize, GearValue)]
struct Parcel {
    to: String,
    grams: u32,
}

/// The receipt for the sender.
#[derive(Debug, Serialize, Deserialize, GearValue)]
struct Receipt {
    key: String,
    cents: u32,
    text: String,
}

python_module! {
    prices {
        import humanize

        LETTER, PARCEL = 160, 499

        def price_of(grams):
            return LETTER if grams <= 1000 else PARCEL + grams // 1000 * 50

        def describe(grams, number):
            return humanize.intcomma(grams) + " g, the " + humanize.ordinal(number) + " today"
    }
}

/// Accepts a parcel.
#[gear_command(module = prices, requirements = ["humanize>=4"], description = "takes parcels")]
fn post(parcel: Parcel) -> Receipt {
    python! {
        number = cmd.incr("numbers")
        key = f "parcel:{number}"
        cents = price_of(parcel["grams"])
        cmd.hset(key, mapping=dict(parcel, cents=cents))
        cmd.xadd("posted", {"key": key})
        return {"key": key, "cents": cents, "text": describe(parcel["grams"], number)}
    }
}

/// The price of a parcel. This takes so little time that it can run synchronously, on the main thread
/// of the server.
#[gear_command(module = prices, requirements = ["humanize>=4"], mode = "sync")]
fn price(grams: u32) -> u32 {
    python! { return price_of(grams) }
}

/// Counts the parcels for each town. It runs in the same step as the change of a parcel.
#[gear_keys(prefix = "parcel:*", events = ["hset"], mode = "sync", module = prices, requirements = ["humanize>=4"])]
fn per_town(parcel: KeyRecord<HashMap<String, String>>) {
    python! { cmd.zincrby("towns", 1, parcel.value["to"]) }
}

/// Loads a van, two parcels at a time.
#[gear_stream("posted", batch = 2)]
fn load(parcels: Vec<StreamRecord>) {
    python! {
        log(f "loading {len(parcels)} parcels")
        for parcel in parcels:
            cmd.hset("van" + hashtag3(), parcel.value["key"], "loaded")
        cmd.rpush("loaded", " ".join(parcel.value["key"] for parcel in parcels))
    }
}

/// A script that uses the Python package `redgrease`: converts a reply of `execute`, which is a list of
/// names and values, to a dictionary with numbers.
const UTILITIES: &str = "
from redgrease.utils import safe_str, to_dict

def parcel(key):
    kinds = {'to': safe_str, None: int}
    fields = to_dict(execute('HGETALL', key), key_transform=safe_str, val_transform=kinds)
    return sorted(fields.items())

GB('KeysOnlyReader').map(parcel).run('parcel:1')
";

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    install_packages(&mut redgrease::connect(server.url())?)?;
    let mut con = redgrease::start(server.url())?;

    let to = ["Oslo", "Lima", "Oslo", "Suva"];
    let parcels = to.iter().zip([350, 12_500, 2_200, 1_000_000]);
    for (to, grams) in parcels {
        let to = (*to).to_owned();
        let receipt = post(&mut con, Parcel { to, grams })?;
        println!("{}: {} cents, {}", receipt.key, receipt.cents, receipt.text);
    }
    println!("A price: {}", price(&mut con, 5_000)?);

    // The results of the gears for events.
    let towns: Vec<(String, f64)> = con.zrevrange_withscores("towns", 0, 0)?;
    println!("Most parcels go to: {towns:?}");
    for _ in 0..2 {
        let (_, loaded): (String, String) = con.blpop("loaded", 60.0)?;
        println!("Loaded together: {loaded}");
    }

    run_chains(&mut con)?;
    let fields: String = con.pyexecute(UTILITIES)?.into_value()?;
    println!("A script with redgrease.utils: {fields}");
    show_statistics(&mut con)?;
    server.stop()?;
    Ok(())
}

/// Merges requirements from several origins, and installs the packages that the server lacks.
fn install_packages(con: &mut Con) -> redgrease::Result<()> {
    let mut wanted = Requirements::new();
    wanted.add("humanize>=4", "the gear `post`")?;
    wanted.add("Humanize", "the script below")?;
    println!("Wanted: {wanted}");
    println!("Missing: {:?}", con.missing_requirements(&wanted)?);
    // An empty script with requirements only installs the packages.
    con.pyexecute_options::<String>("", &PyExecuteOptions::new().requirements(&wanted))?;
    println!("Missing now: {:?}", con.missing_requirements(&wanted)?);
    Ok(())
}

/// Ad-hoc queries, which need no registration.
fn run_chains(con: &mut Con) -> redgrease::Result<()> {
    let parcels = KeysReader::new("parcel:*")
        .of_type([KeyType::Hash])
        .values()
        .requires("humanize>=4");
    let limit = 2_000;
    let heavy_parcels = parcels
        .clone()
        .filter(python!(lambda parcel: int(parcel["grams"]) > 'limit))
        .map_to::<String>(python!(
            def describe(parcel):
                import humanize
                return parcel["to"] + " " + humanize.intcomma(parcel["grams"])
        ))
        .sort_asc();
    println!("Heavy: {:?}", heavy_parcels.run_on(con)?.into_values()?);
    let income = parcels
        .map_to::<i64>(python!(lambda parcel: int(parcel["cents"])))
        .sum::<i64>();
    println!("Income: {} cents", income.run_on(con)?.into_value()?);
    Ok(())
}

fn show_statistics(con: &mut Con) -> redgrease::Result<()> {
    let mut readers: Vec<String> = con
        .dump_registrations()?
        .into_iter()
        .map(|registration| registration.reader)
        .collect();
    readers.sort();
    println!("Registered: {}", readers.join(", "));
    let parcels = RegistrationFilter::new()
        .reader(ReaderType::CommandReader)
        .description("*parcels*");
    for command in con.dump_registrations_where(&parcels)? {
        println!(
            "{}: {} calls, {} failed",
            command.trigger().unwrap_or_default(),
            command.triggered,
            command.failed
        );
    }
    Ok(())
}
