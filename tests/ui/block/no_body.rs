use redgrease::prelude::*;

#[gear_command]
fn declared(url: &str) -> i64;

#[gear_command]
fn empty(url: &str) -> i64 {}

fn main() {}
