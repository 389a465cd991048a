use redgrease::prelude::*;

#[gear_command(trigger = "x", hook = "HGET")]
fn both(key: &str) -> String {
    python! { return key }
}

#[gear_command(hook = "HGET", trigger = unique, replace = true)]
fn all_three(key: &str) -> String {
    python! { return key }
}

fn main() {
    let _ = (both::GEAR, all_three::GEAR);
}
