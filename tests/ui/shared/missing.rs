use redgrease::prelude::*;

#[gear_command(module = helpers)]
fn missing(url: &str) -> String {
    python! { return fetch(url) }
}

const NUMBER: i64 = 1;

#[gear_command(module = NUMBER)]
fn something_else() -> i64 {
    python! { return 1 }
}

fn main() {}
