use redgrease::prelude::*;

#[gear_command(module = "tests/ui/modules/missing.py")]
fn missing() -> i64 {
    python! { return anything() }
}

#[gear_command(module = "tests/ui/modules/shared.py")]
fn undefined() -> bool {
    python! { return of_aeg({}) }
}

#[gear_command(module = "tests/ui/modules/broken.py")]
fn broken() -> i64 {
    python! { return anything() }
}

fn main() {
    let _ = (missing::call(), undefined::call(), broken::call());
}
