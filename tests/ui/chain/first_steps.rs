//! Steps of another reader, or not in the first place.

use redgrease::KeyType;
use redgrease::prelude::*;

fn main() {
    let _ = CommandReader::new().values();
    let _ = KeysReader::new("*").count().of_type([KeyType::Hash]);
    let _ = KeysReader::new("*").aggregate("text", python!(lambda a, r: a));
}
