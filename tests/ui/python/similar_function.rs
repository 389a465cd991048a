use redgrease::prelude::*;

#[gear_command]
fn fille(x: i64) -> i64 {
    python!(file = "tests/ui/modules/file.py")
}

fn main() {
    let _ = fille::call(1);
}
