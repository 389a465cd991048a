//! A crate that has `redgrease` from a library, and says so in its manifest.
#![deny(warnings)]

use library::redgrease::{self as rg, gear_command, gears, python, GearValue};

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
struct Value {
    name: String,
}

#[gear_command]
fn same(value: Value) -> Value {
    python! { return value }
}

fn main() -> rg::Result<()> {
    let add: rg::Callback<2> = python!(lambda a, b: a + b);
    let gears: &[&rg::Gear] = gears![same];
    let mut con = rg::start("redis://127.0.0.1/")?;
    let value = same(&mut con, Value { name: "x".to_owned() })?;
    println!("{} {add:?} {}", value.name, gears.len());
    Ok(())
}
