use redgrease::prelude::*;

#[gear_keys]
fn none() {
    python! { pass }
}

#[gear_keys]
fn two(record: KeyRecord, other: i64) {
    python! { pass }
}

#[gear_stream("s")]
fn no_entry() {
    python! { pass }
}

#[gear_stream("s")]
fn borrowed(record: &StreamRecord) {
    python! { pass }
}

#[gear_keys]
fn with_rest(#[rest] record: KeyRecord) {
    python! { pass }
}

#[gear_every("1s")]
fn timer(now: u64) {
    python! { pass }
}

fn main() {
    let _ = (none::GEAR, two::GEAR, no_entry::GEAR, borrowed::GEAR, with_rest::GEAR, timer::GEAR);
}
