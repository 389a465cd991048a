use redgrease::prelude::*;

#[gear_stream("s", on_failed = "abort", dead_letter = "dead")]
fn abort(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "retry", dead_letter = "dead")]
fn never(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", dead_letter = "")]
fn nowhere(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("orders:*", dead_letter = "orders:failed")]
fn pattern(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "retry", max_retries = 3, dead_letter = "s")]
fn itself(record: StreamRecord) {
    python! { pass }
}

fn main() {
    let _ = (abort::GEAR, never::GEAR, nowhere::GEAR, pattern::GEAR, itself::GEAR);
}
