use redgrease::prelude::*;

#[gear_command]
fn raw(url: &str) -> i64 {
    python!(r#"
        x = 'fine'
        if x
            return 1
        return undefined_thing
    "#)
}

#[gear_command]
fn one_line(url: &str) -> i64 {
    python!("return undefined_thing")
}

#[gear_command]
fn escaped(url: &str) -> i64 {
    python!("\n  x = 1\n  return undefined_thing\n")
}

#[gear_command]
fn several(url: &str) -> i64 {
    python!(r"
        a = one
        return two
    ")
}

macro_rules! gear {
    ($name:ident, $python:literal) => {
        #[gear_command]
        fn $name() -> i64 {
            python!($python)
        }
    };
}

gear!(from_a_macro, "return undefined_thing");

fn main() {}
