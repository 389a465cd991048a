use redgrease::prelude::*;

#[gear_keys(5)]
fn number(record: KeyRecord) {
    python! { pass }
}

#[gear_keys("a:*", prefix = "b:*")]
fn twice(record: KeyRecord) {
    python! { pass }
}

#[gear_command("name")]
fn named() {
    python! { pass }
}

#[gear_keys("a:*")]
fn fine(record: KeyRecord) {
    python! { pass }
}

fn main() {}
