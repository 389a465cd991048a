use redgrease::prelude::*;

#[gear]
fn with_argument(key: &str) -> Registration {
    KeysReader::new(key).register(redgrease::KeysRegister::new())
}

#[gear]
async fn later() -> Registration {
    KeysReader::new("x").register(redgrease::KeysRegister::new())
}

#[gear]
fn nothing() {}

#[gear]
fn generic<T>() -> Registration {
    KeysReader::new("x").register(redgrease::KeysRegister::new())
}

#[gear]
fn something_else() -> i64 {
    1
}

fn main() {}
