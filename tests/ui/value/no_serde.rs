use redgrease::prelude::*;

#[derive(GearValue)]
struct Person {
    name: String,
}

fn main() {}
