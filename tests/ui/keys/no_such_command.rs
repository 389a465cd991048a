use redgrease::prelude::*;

#[gear_command(hook = "HGETT")]
fn hooked(args: Vec<String>) -> String {
    python! { return args[0] }
}

#[gear_keys(commands = ["hsett"])]
fn told(record: KeyRecord) {
    python! { log(record.key) }
}

fn main() {}
