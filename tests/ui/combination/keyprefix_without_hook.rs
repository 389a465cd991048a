use redgrease::prelude::*;

#[gear_command(keyprefix = "user:")]
fn f(key: &str) -> String {
    python! { return key }
}

fn main() {
    let _ = f::call("x");
}
