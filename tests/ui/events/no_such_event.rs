use redgrease::prelude::*;

#[gear_keys(events = ["hsett", "incr", "del"])]
fn changed(record: KeyRecord) {
    python! { log(record.key) }
}

fn main() {}
