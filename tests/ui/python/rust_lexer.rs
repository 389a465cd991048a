//! Rust refuses these tokens before the macro runs. The documentation names the string form.
use redgrease::prelude::*;

#[gear_command]
fn single_quotes(url: &str) -> String {
    python! {
        return url['key']
    }
}

#[gear_command]
fn prefix(url: &str) -> String {
    python! {
        return f"{url}"
    }
}

fn main() {}
