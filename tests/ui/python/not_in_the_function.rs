use redgrease::prelude::*;

#[gear_command]
fn at_the_margin(url: &str) -> i64 {
    python! {
return 1
    }
}

#[gear_command]
fn outside(url: &str) -> i64 {
    python! {
        x = 1
return x
    }
}

#[gear_command]
fn nothing(url: &str) -> i64 {
    python! {}
}

#[gear_command]
fn comment_only(url: &str) -> i64 {
    python! {
        # nothing yet
    }
}

fn main() {}
