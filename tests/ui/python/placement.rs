use redgrease::prelude::*;

#[gear_command]
fn outside_of_a_loop(url: &str) -> i64 {
    python! {
        if url:
            continue
        return 1
    }
}

#[gear_command]
fn inner_await(url: &str) -> i64 {
    python! {
        def inner():
            return await url
        return inner()
    }
}

#[gear_command]
fn generator(url: &str) -> Vec<String> {
    python! {
        for x in url:
            yield x
    }
}

#[gear_command]
fn return_in_class(url: &str) -> i64 {
    python! {
        class C:
            return 1
        return C
    }
}

#[gear_command]
fn star_import(url: &str) -> i64 {
    python! {
        from os import *
        nonlocal counter
        return 1
    }
}

fn main() {}
