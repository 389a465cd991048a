use redgrease::prelude::*;

#[gear_command(on_registered = python!< log("ready") >)]
fn not_a_body() {
    python! { pass }
}

gears! {
    #[gear_command(on_registered = python!< log("ready") >)]
    fn not_a_body_in_a_list() {
        python!< pass >
    }

    #[gear_command]
    fn not_closed() -> i64 {
        python!< return 1
    }
}

fn main() {
    let _ = (not_a_body::call(), not_a_body_in_a_list::call(), not_closed::call());
}
