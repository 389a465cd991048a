use redgrease::prelude::*;

#[gear_command]
fn real() {
    python! { pass }
}

fn plain() {}

struct Type;

fn main() {
    let _ = gears![real, "text", 1 + 2];
    let _ = gears![real, plain, missing];
    let _ = gears![Type];
}
