use redgrease::prelude::*;

fn main() {
    let _ = python!(return 1);
    let _ = python! {
        x = 1
        lambda y: x + y
    };
    let _ = python! {
        def f(x):
            return x

        f(1)
    };
    let _ = python! {
        @cached
        def f(x):
            return x
    };
    let _ = python!();
    let _ = python!(file = "x.py");
}
