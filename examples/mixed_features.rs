//! A parcel service, as a program that uses most of what there is together: commands that are Rust
//! functions, types of its own, shared Python, Python packages from PyPI and how to ask for them,
//! commands of Redis inside of gears, reactions to changes and to a stream, chains, scripts with the
//! utilities of the Python package RedGrease, and what the server tells about all that.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example mixed_features --features embedded
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

/// What is sent, a dictionary in Python.
#[derive(Debug, Clone, Serialize, Deserialize, GearValue)]
struct Parcel {
    to: String,
    grams: u32,
}

/// What the sender gets.
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

        def said(grams, number):
            return humanize.intcomma(grams) + " g, the " + humanize.ordinal(number) + " today"
    }
}

/// Takes a parcel.
#[gear_command(module = prices, requirements = ["humanize>=4"], description = "takes parcels")]
fn post(parcel: Parcel) -> Receipt {
    python! {
        number = cmd.incr("numbers")
        key = f "parcel:{number}"
        cents = price_of(parcel["grams"])
        cmd.hset(key, mapping=dict(parcel, cents=cents))
        cmd.xadd("posted", {"key": key})
        return {"key": key, "cents": cents, "text": said(parcel["grams"], number)}
    }
}

/// What a parcel would cost: no command of Redis in it, so it may hold up the server for an instant.
#[gear_command(module = prices, requirements = ["humanize>=4"], mode = "sync")]
fn price(grams: u32) -> u32 {
    python! { return price_of(grams) }
}

/// Counts what there is for each town, together with the change.
#[gear_keys(prefix = "parcel:*", events = ["hset"], mode = "sync", module = prices)]
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

/// A reply of `execute`, a list of names and values, as a dictionary with numbers in it: with what a
/// program of RedGrease would use.
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
    ask_for_packages(&mut redgrease::connect(server.url())?)?;
    let mut con = redgrease::start(server.url())?;

    let to = ["Oslo", "Lima", "Oslo", "Suva"];
    let parcels = to.iter().zip([350, 12_500, 2_200, 1_000_000]);
    for (to, grams) in parcels {
        let to = (*to).to_owned();
        let receipt = post(&mut con, Parcel { to, grams })?;
        println!("{}: {} cents, {}", receipt.key, receipt.cents, receipt.text);
    }
    println!("A price: {}", price(&mut con, 5_000)?);

    // What the events have brought about.
    let towns: Vec<(String, f64)> = con.zrevrange_withscores("towns", 0, 0)?;
    println!("Most of it goes to: {towns:?}");
    for _ in 0..2 {
        let (_, loaded): (String, String) = con.blpop("loaded", 60.0)?;
        println!("Loaded together: {loaded}");
    }

    chains(&mut con)?;
    let fields: String = con.pyexecute(UTILITIES)?.into_value()?;
    println!("A script with utilities: {fields}");
    what_the_server_says(&mut con)?;
    server.stop()?;
    Ok(())
}

/// Requirements from several places are merged, and a server can be asked what it lacks.
fn ask_for_packages(con: &mut Con) -> redgrease::Result<()> {
    let mut wanted = Requirements::new();
    wanted.add("humanize>=4", "the gear `post`")?;
    wanted.add("Humanize", "the script below")?;
    println!("Wanted: {wanted}");
    println!("Missing: {:?}", con.missing_requirements(&wanted)?);
    // Without a script nothing else happens: the packages are installed.
    con.pyexecute_options::<String>("", &PyExecuteOptions::new().requirements(&wanted))?;
    println!("Missing now: {:?}", con.missing_requirements(&wanted)?);
    Ok(())
}

/// Questions nobody thought of when the program was registered.
fn chains(con: &mut Con) -> redgrease::Result<()> {
    let parcels = KeysReader::new("parcel:*")
        .of_type([KeyType::Hash])
        .values()
        .requires("humanize>=4");
    let heavy = 2_000;
    let far = parcels
        .clone()
        .filter(python!(lambda parcel: int(parcel["grams"]) > 'heavy))
        .map_to::<String>(python!(
            def named(parcel):
                import humanize
                return parcel["to"] + " " + humanize.intcomma(parcel["grams"])
        ))
        .sort_asc();
    println!("Heavy: {:?}", far.run_on(con)?.into_values()?);
    let income = parcels
        .map_to::<i64>(python!(lambda parcel: int(parcel["cents"])))
        .sum::<i64>();
    println!("Income: {} cents", income.run_on(con)?.into_value()?);
    Ok(())
}

fn what_the_server_says(con: &mut Con) -> redgrease::Result<()> {
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
