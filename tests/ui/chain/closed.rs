//! A closed chain takes no more steps.

use redgrease::prelude::*;

fn main() {
    let closed = KeysReader::new("*").count().run();
    let _ = closed.map(python!(lambda n: n + 1));
}
