use redgrease::prelude::*;

#[gear_command]
fn count(key: &str) {
    python! {
        pipe = cmd.pipeline()
        pipe.incr(key)
        pipe.execute()
    }
}

fn main() {}
