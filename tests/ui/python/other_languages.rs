use redgrease::prelude::*;

#[gear_command]
fn rust_comment(url: &str) -> i64 {
    python! {
        return 7 // the answer
    }
}

#[gear_command]
fn rust_comment_of_one_word(url: &str) -> i64 {
    python! {
        return 7 // answer
    }
}

#[gear_command]
fn rust_operator(url: &str) -> bool {
    python! {
        return url && !url
    }
}

#[gear_command]
fn rust_let(url: &str) -> bool {
    python! {
        let x = 1
    }
}

#[gear_command]
fn python_2(url: &str) {
    python! {
        print "hello"
    }
}

fn main() {}
