use redgrease::prelude::*;

#[gear_test]
struct NotAFunction;

#[gear_test]
fn generic<T>(_value: T) {}

#[gear_test(gear = [a])]
fn unknown() {}

#[gear_test(gears)]
fn no_list() {}

#[gear_test(gears = ["a"])]
fn text() {}

#[gear_test]
#[test]
fn twice() {}

struct Type;

impl Type {
    #[gear_test]
    fn method(&self) {}
}

fn main() {}
