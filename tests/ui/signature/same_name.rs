use redgrease::prelude::*;

#[gear_command]
fn twice(a: i64, a: &str) -> i64 {
    python! { return a }
}

fn main() {
    let _: redgrease::Result<i64> = twice(&mut redgrease::connect("redis://127.0.0.1/").unwrap(), 1, "a");
}
