use redgrease::prelude::*;

#[gear_command]
struct Cache {
    url: String,
}

#[gear_command]
mod gears {}

fn main() {
    let _ = Cache { url: String::new() };
}
