use redgrease::prelude::*;

#[gear_command]
fn cache_get(url: &str) -> String {
    python! {
        import json
        é = "😀"; return jsno.dumps(ulr) + é + true
    }
}

fn main() {}
