//! Options of another reader.

use redgrease::prelude::*;
use redgrease::{KeysRun, StreamRegister, StreamRun};

fn main() {
    let _ = KeysReader::new("*").run_with(StreamRun::new());
    let _ = StreamReader::new("s").run_with(KeysRun::new());
    let _ = KeysReader::new("*").register(StreamRegister::new());
}
