use redgrease::prelude::*;

#[gear_command(hook = "SET", keyprefix = "audit:*")]
fn audited(args: Vec<String>) -> String {
    python! { return args[0] }
}

#[gear_command(hook = "SET", keyprefix = "audit:?:x")]
fn one_sign(args: Vec<String>) -> String {
    python! { return args[0] }
}

#[gear_command(hook = "SET", keyprefix = "audit[12]")]
fn set_of_signs(args: Vec<String>) -> String {
    python! { return args[0] }
}

#[gear_command(hook = "SET", keyprefix = "*")]
fn all(args: Vec<String>) -> String {
    python! { return args[0] }
}

#[gear_keys(prefix = "user:?")]
fn told(record: KeyRecord) {
    python! { log(record.key) }
}

#[gear_stream("orders[ab]*")]
fn order(record: StreamRecord) {
    python! { log(record.id) }
}

fn main() {}
