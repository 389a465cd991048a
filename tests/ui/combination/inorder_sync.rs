use redgrease::prelude::*;

#[gear_command(inorder = true, mode = "sync")]
fn f() {
    python! { pass }
}

fn main() {
    let _ = f::call();
}
