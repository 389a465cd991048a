use redgrease::prelude::*;

#[gear_command(
    trigger = 1,
    requirements = "requests",
    mode = sync,
    description = b"bytes",
    python = 3.9,
    handle = "Handle"
)]
fn cache_get(url: &str) -> i64 {
    python! { return 1 }
}

#[gear_command(requirements = ["requests", 1, numpy])]
fn listed(url: &str) -> i64 {
    python! { return 1 }
}

#[gear_command(trigger = listed, mode = local, python = 3.12, description = )]
fn without_quotes() {
    python! { pass }
}

#[gear_command(handle = "two words")]
fn no_name() {
    python! { pass }
}

fn main() {}
