use redgrease::prelude::*;

#[gear_command]
fn f(key: &str) -> bool {
    python! {
        # the 'key of it
        return cmd.get(key) == 'value
    }
}

fn main() {
    let _ = f::call("x");
}
