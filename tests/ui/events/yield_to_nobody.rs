use redgrease::prelude::*;

#[gear_keys]
fn keys(record: KeyRecord) {
    python! { yield record.key }
}

fn main() {
    let _ = keys::GEAR;
}
