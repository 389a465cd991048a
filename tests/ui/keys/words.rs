use redgrease::prelude::*;

#[gear_stream("s", on_failed = "retri")]
fn nearly(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "panic")]
fn not_at_all(record: StreamRecord) {
    python! { pass }
}

#[gear_keys(key_types = ["hash", "lists", "tree"])]
fn types(record: KeyRecord) {
    python! { pass }
}

fn main() {
    let _ = (nearly::GEAR, not_at_all::GEAR, types::GEAR);
}
