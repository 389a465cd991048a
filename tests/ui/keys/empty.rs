use redgrease::prelude::*;

#[gear_command(requirements = [""], python = "", mode = "", module = "", handle = "", hook = "")]
fn command() {
    python! { pass }
}

#[gear_keys(prefix = "", key_types = [""])]
fn keys(record: KeyRecord) {
    python! { pass }
}

#[gear_stream("", duration = "")]
fn stream(record: StreamRecord) {
    python! { pass }
}

#[gear_every("")]
fn every() {
    python! { pass }
}

fn main() {
    let _ = (command::GEAR, keys::GEAR, stream::GEAR, every::GEAR);
}
