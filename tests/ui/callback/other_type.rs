use redgrease::prelude::*;

fn main() {
    let _ = KeysReader::new("*").filter("lambda x: x");
    let _ = KeysReader::new("*").map(|x: i64| x);
    let _ = KeysReader::new("*").accumulate(python!(lambda a: a));
}
