use redgrease::prelude::*;

#[gear_command]
fn generic<'a, T: Clone, const N: usize>(ok: &'a str, what: T, many: [u8; N]) -> i64 {
    python! { return 1 }
}

#[gear_command]
fn bounded(ok: &str) -> i64
where
    String: Clone,
{
    python! { return 1 }
}

fn main() {}
