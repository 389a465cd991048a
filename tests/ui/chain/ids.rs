//! What is no id.

use redgrease::GearsCommands;

fn main() {
    let mut con = redgrease::connect("redis://127.0.0.1/").unwrap();
    let _ = con.unregister(7);
}
