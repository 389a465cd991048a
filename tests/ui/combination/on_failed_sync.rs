use redgrease::prelude::*;

#[gear_stream("s", mode = "sync", on_failed = "abort")]
fn abort(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "retry", retry_interval = "5s", mode = "sync")]
fn retry(record: StreamRecord) {
    python! { pass }
}

fn main() {
    let _ = (abort::GEAR, retry::GEAR);
}
