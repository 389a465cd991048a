use redgrease::prelude::*;
use std::sync::Arc;

#[gear_command]
fn nested(a: Option<Option<i64>>, b: Vec<Option<std::option::Option<u8>>>) -> Vec<Option<()>> {
    python! { return None }
}

#[gear_command]
fn behind_a_pointer(a: Option<Box<Option<i64>>>) -> Option<Arc<Option<i64>>> {
    python! { return None }
}

#[gear_command]
fn in_a_result() -> Option<Result<Option<i64>, String>> {
    python! { return None }
}

#[gear_command]
fn nothing_in_a_result() -> Option<Result<(), String>> {
    python! { return None }
}

fn main() {}
