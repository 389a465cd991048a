use redgrease::prelude::*;

#[gear_command]
fn f(key: &str) -> bool {
    python! {
        # the 'key of it
        return cmd.get(key) == 'value
    }
}

#[gear_command(on_registered = python! { log('ready) })]
fn g() {
    python! { pass }
}

python_module! {
    helpers { limit = 'max }
}

fn main() {
    let _ = (f::call("x"), g::call(), helpers);
}
