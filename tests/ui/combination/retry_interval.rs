use redgrease::prelude::*;

#[gear_stream("s", retry_interval = "5s")]
fn without(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "abort", retry_interval = "5s")]
fn abort(record: StreamRecord) {
    python! { pass }
}

fn main() {
    let _ = (without::GEAR, abort::GEAR);
}
