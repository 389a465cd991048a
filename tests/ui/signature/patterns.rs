use redgrease::prelude::*;

#[gear_command]
fn patterns((a, b): (i64, i64), _: i64, ref c: i64, mut d: i64, e @ 1..: i64) -> i64 {
    python! { return d }
}

fn main() {}
