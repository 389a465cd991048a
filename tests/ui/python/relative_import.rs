use redgrease::prelude::*;

#[gear_command]
fn shout(text: &str) -> String {
    python! {
        from .helpers import upper
        return upper(text)
    }
}

fn main() {}
