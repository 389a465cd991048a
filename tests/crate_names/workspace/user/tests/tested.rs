//! Tests have `redgrease` as a dependency, with a private server.
use redgrease::{Con, gear_test};

#[gear_test]
fn of_the_dependency(con: &mut Con) {
    assert_eq!(user::with_the_path::by_path(con).expect("a number"), 1);
}

#[gear_test(gears = [library::length], crate = library::redgrease)]
fn of_the_library(con: &mut Con) {
    assert_eq!(library::length(con, "abc").expect("a number"), 3);
}
