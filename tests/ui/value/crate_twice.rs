use redgrease::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
#[gear_value(crate = redgrease)]
#[gear_value(crate = redgrease)]
struct Person {
    name: String,
}

fn main() {}
