use redgrease::python;

fn plain() -> i64 {
    python! { return 1 }
}

python! { x = 1 }

fn main() {
    let _ = redgrease::python!("return 1");
}
