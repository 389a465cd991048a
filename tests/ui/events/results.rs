use redgrease::prelude::*;

#[gear_keys]
fn keys(record: KeyRecord) -> i64 {
    python! { return 1 }
}

#[gear_stream("s")]
fn stream(record: StreamRecord) -> Vec<i64> {
    python! { return [1] }
}

#[gear_every("1s")]
fn every() -> i64 {
    python! { return 1 }
}

fn main() {
    let _ = (keys::GEAR, stream::GEAR, every::GEAR);
}
