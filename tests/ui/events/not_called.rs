use redgrease::prelude::*;

#[gear_keys]
async fn keys(record: KeyRecord) {
    python! { pass }
}

#[gear_stream("s")]
async fn stream(record: StreamRecord) {
    python! { pass }
}

#[gear_every("1s")]
async fn every() {
    python! { pass }
}

fn main() {
    let _ = (keys::GEAR, stream::GEAR, every::GEAR);
}
