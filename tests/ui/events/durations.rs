use redgrease::prelude::*;

#[gear_every("5")]
fn no_unit() {
    python! { pass }
}

#[gear_every("five minutes")]
fn words() {
    python! { pass }
}

#[gear_every("500ms")]
fn too_fine() {
    python! { pass }
}

#[gear_every("0s")]
fn nothing() {
    python! { pass }
}

#[gear_every("99999999d")]
fn too_long() {
    python! { pass }
}

#[gear_stream("s", duration = "1.5s", on_failed = "retry", retry_interval = "1500ms")]
fn stream(record: StreamRecord) {
    python! { pass }
}

fn main() {
    let _ = (no_unit::GEAR, words::GEAR, too_fine::GEAR, nothing::GEAR, too_long::GEAR, stream::GEAR);
}
