//! An `async fn` takes an asynchronous connection, and its future can be spawned.
#![deny(warnings)]
use redgrease::AsyncCon;
use redgrease::prelude::*;

/// Doubles.
#[gear_command(mode = "sync")]
pub async fn double(x: i64, words: &[&str]) -> i64 {
    python! { return x * 2 + len(words) }
}

fn spawn<F: Future + Send + 'static>(_: F) {}

fn main() {
    let _ = |mut con: AsyncCon| {
        spawn(async move {
            let word = String::from("x");
            double(&mut con, 1, &[&word]).await
        });
    };
}
