use redgrease::prelude::*;

#[gear_command]
fn visits(key: &str) -> i64 {
    python! {
        try:
            return cmd.hincrby(key, "visits")
        except cmd.ResponsError:
            return 0
        except cmd.ConnectionError:
            return 1
    }
}

fn main() {}
