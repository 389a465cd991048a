use redgrease::prelude::*;

#[gear_command(hook = "CONFIG GET")]
fn two_words() -> String {
    python! { return "" }
}

#[gear_keys(commands = ["hset", ""])]
fn empty(record: KeyRecord) {
    python! { pass }
}

fn main() {
    let _ = (two_words::GEAR, empty::GEAR);
}
