use redgrease::prelude::*;

#[gear_command]
fn by_default(url: &str) -> i64 {
    python! {
        match url:
            case "a":
                return 1
    }
}

#[gear_command(python = "3.7")]
fn asked_for(url: &str) -> String {
    python! {
        for x in url:
            try:
                pass
            finally:
                continue
        return f "{url=}"
    }
}

fn main() {}
