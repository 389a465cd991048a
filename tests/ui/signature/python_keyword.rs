use redgrease::prelude::*;

#[gear_command]
fn filter(lambda: i64, r#in: i64, fine: i64) -> i64 {
    python! { return fine }
}

#[gear_command]
fn del(key: &str) -> i64 {
    python! { return cmd.delete(key) }
}

fn main() {}
