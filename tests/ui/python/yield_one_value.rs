use redgrease::prelude::*;

#[gear_command]
fn one() -> i64 {
    python! {
        yield 1
        yield 2
    }
}

#[gear_command]
fn nothing() {
    python! { yield 1 }
}

#[gear_command]
fn bytes() -> Vec<u8> {
    python! { yield 1 }
}

#[gear_command]
fn awaits() -> Vec<i64> {
    python! {
        yield await some()

        async def some():
            return 1
    }
}

fn main() {
    let _ = (one::call(), nothing::call(), bytes::call(), awaits::call());
}
