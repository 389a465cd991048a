use redgrease::prelude::*;

#[gear_command]
fn bytes(url: &str) -> i64 {
    python!(b"return 1")
}

#[gear_command]
fn raw_in_braces(url: &str) -> i64 {
    python! { r#"
        return 1
    "# }
}

#[gear_command]
fn number(url: &str) -> i64 {
    python!(file = 1)
}

fn main() {}
