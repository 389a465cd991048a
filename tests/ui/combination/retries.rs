use redgrease::prelude::*;

#[gear_stream("s", max_retries = 3, backoff = 2.0, max_interval = "1m")]
fn without(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "retry", max_retries = 4294967296, backoff = 0.5)]
fn numbers(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "retry", max_interval = "1m")]
fn constant(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "retry", retry_interval = "1m", backoff = 2, max_interval = "30s")]
fn short(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", on_failed = "retry", max_retries = "3", backoff = "2.0", dead_letter = dead)]
fn wrong(record: StreamRecord) {
    python! { pass }
}

#[gear_keys(max_retries = 3)]
fn keys(record: KeyRecord) {
    python! { pass }
}

fn main() {
    let _ = (without::GEAR, numbers::GEAR, constant::GEAR, short::GEAR, wrong::GEAR, keys::GEAR);
}
