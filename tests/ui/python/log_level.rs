use redgrease::prelude::*;

#[gear_command]
fn note(text: &str) {
    python! {
        log(text, "warnin")
        log(text, level="error")
    }
}

fn main() {}
