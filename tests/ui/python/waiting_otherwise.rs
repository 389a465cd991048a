use redgrease::prelude::*;

#[gear_command]
fn f(key: &str) -> i64 {
    python! {
        cmd.wait(1, 0)
        execute("BLPOP", key, 0)
        cmd.xread({key: "$"}, block=1000)
        cmd.execute_command("BRPOP", key, 0)
        cmd.subscribe("news")
        return 1
    }
}

fn main() {
    let _ = f::call("x");
}
