use redgrease::prelude::*;

#[gear_keys(prefix = "user:")]
fn told(record: KeyRecord) {
    python! { log(record.key) }
}

#[gear_stream("orders:")]
fn order(record: StreamRecord) {
    python! { log(record.id) }
}

#[gear_stream("orders-")]
fn other_order(record: StreamRecord) {
    python! { log(record.id) }
}

fn main() {}
