use redgrease::prelude::*;

#[gear_command]
fn store(key: &str) -> String {
    python! {
        async with atomic():
            cmd.incr(key)
        async for name in cmd.scan_iter():
            log(name)
        return await cmd.get(key)
    }
}

fn main() {}
