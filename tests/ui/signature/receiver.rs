use redgrease::prelude::*;

struct Cache;

impl Cache {
    #[gear_command]
    fn get(&self, url: &str) -> i64 {
        python! { return 1 }
    }
}

fn main() {
    let _: fn(&Cache, &str) -> i64 = Cache::get;
}
