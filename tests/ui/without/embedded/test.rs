use redgrease::Con;
use redgrease::prelude::*;

#[gear_command]
fn length(url: &str) -> i64 {
    python! { return len(url) }
}

#[gear_test]
fn lengths(con: &mut Con) -> redgrease::Result<()> {
    assert_eq!(length(con, "abc")?, 3);
    Ok(())
}

fn main() {}
