use redgrease::prelude::*;

#[gear_command(replace = "yes", inorder = 1, count_calls = True, module = 3, on_registered = "init()")]
fn command() {
    python! { pass }
}

#[gear_stream("s", batch = "100", trim = "no", duration = 5, on_failed = retry)]
fn stream(record: StreamRecord) {
    python! { pass }
}

fn main() {
    let _ = (command::GEAR, stream::GEAR);
}
