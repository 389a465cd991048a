use redgrease::prelude::*;

#[gear_command]
fn next(queue: &str) -> Vec<u8> {
    python! {
        return cmd.blpop(queue, 10)
    }
}

fn main() {}
