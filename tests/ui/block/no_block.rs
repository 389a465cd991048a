use redgrease::prelude::*;

redgrease::gears! {
    #[gear_command]
    fn nothing() -> i64 {
        python!
    }
}

#[gear_command]
fn suffix() -> i64 {
    python!("return 1"suffix)
}

fn main() {
    let _ = (nothing::call(), suffix::call());
}
