use redgrease::prelude::*;

#[gear_command(prefix = "a*", batch = 3)]
fn command() {
    python! { pass }
}

#[gear_keys(trigger = "x", prefx = "a", "b")]
fn keys(record: KeyRecord) {
    python! { pass }
}

#[gear_stream("s", count_calls = true, "t")]
fn stream(record: StreamRecord) {
    python! { pass }
}

#[gear_every("1s", mode = "sync")]
fn every() {
    python! { pass }
}

#[gear(requirements = ["x"])]
fn function() -> Registration {
    KeysReader::new("x").register(redgrease::KeysRegister::new())
}

#[gear(name = x)]
fn unknown() -> Registration {
    KeysReader::new("x").register(redgrease::KeysRegister::new())
}

fn main() {
    let _ = command::call();
    let _ = (keys::GEAR, stream::GEAR, every::GEAR, function::GEAR, unknown::GEAR);
}
