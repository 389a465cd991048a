use redgrease::prelude::*;

#[gear_keys]
fn text(record: String) {
    python! { pass }
}

#[gear_keys]
fn entry(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s")]
fn key(record: Vec<KeyRecord>) {
    python! { pass }
}

#[gear_keys]
fn value(record: KeyRecord<std::time::Instant>) {
    python! { pass }
}

fn main() {}
