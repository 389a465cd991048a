use redgrease::prelude::*;

#[gear_command]
fn before(url: &str) -> i64 {
    let x = 1;
    python! { return x }
}

#[gear_command]
fn after(url: &str) -> i64 {
    python! { return 1 };
    println!("done")
}

#[gear_command]
fn rust(url: &str) -> i64 {
    url.len() as i64
}

#[gear_command]
fn other_macro(url: &str) -> i64 {
    println!("x")
}

fn main() {}
