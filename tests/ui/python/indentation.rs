use redgrease::prelude::*;

#[gear_command]
fn too_far(url: &str) -> i64 {
    python! {
        x = 1
          y = 2
        return x + y
    }
}

#[gear_command]
fn not_far_enough(url: &str) -> i64 {
    python! {
        if url:
            x = 1
          y = 2
        return x + y
    }
}

#[gear_command]
fn behind_the_brace(url: &str) -> i64 {
    python! { x = 1
        return x
    }
}

#[gear_command]
fn no_block(url: &str) -> i64 {
    python! {
        if url:
        return 1
    }
}

fn main() {}
