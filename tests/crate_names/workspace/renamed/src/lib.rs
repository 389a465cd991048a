//! Every macro, with a dependency on `redgrease` under another name, in the edition 2021.
#![deny(warnings)]

use rg::prelude::*;
use rg::{AnyCallback, Callback};
use std::collections::HashMap;

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
pub struct Person {
    pub name: String,
    pub age: u8,
}

python_module! {
    /// Shared.
    pub shared {
        def twice(x):
            return 2 * x
    }
}

/// Calls a function of the module.
#[gear_command(module = shared, on_registered = python! { log("ready") })]
pub fn older(person: Person, years: u8) -> Person {
    python! {
        person["age"] += twice(years)
        return person
    }
}

#[gear_command]
pub async fn later(key: &str, #[rest] more: Vec<String>) -> Option<String> {
    python! { return cmd.get(key) or ",".join(more) }
}

#[gear_command(hook = "HGET", keyprefix = "user:", mode = "sync")]
pub fn hooked(key: &str, field: &str) -> String {
    python! { return call_next(key, field) }
}

#[gear_keys(prefix = "person:*")]
fn changed(record: KeyRecord<HashMap<String, i64>>) {
    python! { log(record.key) }
}

#[gear_stream("orders", batch = 10, duration = "1s")]
fn ordered(records: Vec<StreamRecord>) {
    python! { log(str(len(records))) }
}

#[gear_every("5m")]
fn regularly() {
    python! { log("tick") }
}

#[gear]
fn expire() -> Registration {
    let seconds = 60;
    KeysReader::new("session:*")
        .foreach(python!(lambda record: cmd.expire(record["key"], 'seconds)))
        .register(rg::KeysRegister::new())
}

#[cfg(feature = "extra")]
#[gear_command]
pub fn extra() -> i64 {
    python! { return 1 }
}

#[cfg(not(feature = "extra"))]
#[gear_command]
pub fn absent(_nothing: Absent) -> Absent {
    python! { return 1 }
}

gears! {
    /// Twice.
    #[gear_command]
    pub fn double(x: i64) -> i64 {
        python!< return x * 2 >
    }
}

pub fn all() -> &'static [&'static rg::Gear] {
    gears![older, later, double]
}

pub fn functions() -> (Callback<1>, AnyCallback) {
    (python!(lambda x: x + 1), python!(str.split))
}

/// Calls gears.
pub fn calls(con: &mut rg::Con) -> rg::Result<i64> {
    let person = Person { name: "Ada".to_owned(), age: 36 };
    let age = older(con, person, 1)?.age;
    double::call(i64::from(age)).on(con)
}
