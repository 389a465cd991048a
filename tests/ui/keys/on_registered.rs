use redgrease::prelude::*;

#[gear_command(on_registered = python! {
    pool = conect()
    return 1 +
})]
fn syntax() -> i64 {
    python! { return 1 }
}

#[gear_command(on_registered = python! { pool = conect() })]
fn names() -> i64 {
    python! { return pool }
}

#[gear_command(on_registered = python!(file = "gears/x.py"))]
fn file() -> i64 {
    python! { return 1 }
}

#[gear_command(on_registered = python!("yield 1"))]
fn generator() -> i64 {
    python! { return 1 }
}

#[gear_command]
fn declared_nowhere() -> i64 {
    python! { return pool }
}

#[gear_command(on_registered = python! {})]
fn empty() -> i64 {
    python! { return 1 }
}

fn main() {
    let _ = (syntax::call(), names::call(), file::call(), generator::call());
    let _ = (declared_nowhere::call(), empty::call());
}
