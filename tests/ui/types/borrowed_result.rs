use redgrease::prelude::*;
use std::borrow::Cow;

#[gear_command]
fn text(ok: &str) -> &str {
    python! { return ok }
}

#[gear_command]
fn list<'a>(ok: &'a str) -> Vec<&'a str> {
    python! { return [ok] }
}

#[gear_command]
fn cow<'a>(ok: &'a str) -> Cow<'a, str> {
    python! { return ok }
}

fn main() {}
