use redgrease::prelude::*;

#[gear_command]
#[redgrease::gear_command(trigger = "b")]
fn twice() -> i64 {
    python! { return 1 }
}

fn main() {}
