//! What has nothing to read cannot run, what has no events cannot be registered.

use redgrease::prelude::*;

fn main() {
    let _ = CommandReader::new().args().run();
    let _ = ShardsIDReader::new().register(());
}
