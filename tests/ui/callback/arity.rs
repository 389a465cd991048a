use redgrease::prelude::*;

fn main() {
    let _ = KeysReader::new("*").filter(python!(lambda a, b: a));
    let _ = KeysReader::new("*").map(python!(lambda: 1));
    let _ = KeysReader::new("*").filter(python! {
        def f(a, b):
            return a
    });
}
