use redgrease::prelude::*;

#[gear_keys(prefix = "")]
fn empty(record: KeyRecord) {
    python! { pass }
}

#[gear_keys(prefix = "user:*:name")]
fn inside(record: KeyRecord) {
    python! { pass }
}

#[gear_stream("*:log")]
fn first(record: StreamRecord) {
    python! { pass }
}

fn main() {
    let _ = (empty::GEAR, inside::GEAR, first::GEAR);
}
