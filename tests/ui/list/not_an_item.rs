use redgrease::prelude::*;

gears! {
    #[gear_command]
    fn real() {
        python!< pass >
    }

    #[gear_command]
    fn
}

gears! {
    #[gear_command]
    fn mistake() -> i64 {
        python!< return kye >
    }

    #[gear_keys]
    struct Other;
}

fn main() {
    let _ = (real::GEAR, mistake::GEAR);
}
