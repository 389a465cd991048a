use redgrease::prelude::*;

#[gear_stream]
fn which(record: StreamRecord) {
    python! { pass }
}

#[gear_stream(batch = 3)]
fn which_one(record: StreamRecord) {
    python! { pass }
}

#[gear_every]
fn when() {
    python! { pass }
}

#[gear_every(5)]
fn how_long() {
    python! { pass }
}

#[gear_stream(5)]
fn number(record: StreamRecord) {
    python! { pass }
}

fn main() {
    let _ = (which::GEAR, which_one::GEAR, when::GEAR, how_long::GEAR, number::GEAR);
}
