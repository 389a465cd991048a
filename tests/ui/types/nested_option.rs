use redgrease::prelude::*;

#[gear_command]
fn nested(a: Option<Option<i64>>, b: Vec<Option<std::option::Option<u8>>>) -> Vec<Option<()>> {
    python! { return None }
}

fn main() {}
