use redgrease::prelude::*;

#[gear_command]
fn f_string(url: &str) -> String {
    python! {
        return f "{url} {oops}"
    }
}

#[gear_command]
fn long_f_string(url: &str) -> String {
    python! {
        return f """
            {url}
            {oops}
        """
    }
}

fn main() {}
