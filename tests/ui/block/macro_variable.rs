use redgrease::prelude::*;

macro_rules! gear {
    ($name:ident, $value:expr) => {
        #[gear_command]
        fn $name() -> i64 {
            python! { return $value }
        }
    };
}

gear!(one, 1 + 1);

macro_rules! block {
    ($($python:tt)*) => {
        #[gear_command]
        fn two() -> i64 {
            python! { $($python)* }
        }
    };
}

block!(return 2);

fn main() {}
